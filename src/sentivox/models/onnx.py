"""ONNX Runtime sessions as every small model here wants them."""

from pathlib import Path

import onnxruntime as ort

from sentivox.errors import ModelError


def open_session(model: Path | bytes, name: str, remedy: str) -> ort.InferenceSession:
    """A session that any number of threads may share.

    One thread each and no spinning: the models are small, and other streams need the cores.

    Args:
        model: The ONNX file, or its content.
        name: What to call it in an error.
        remedy: What the user can do about it.

    Raises:
        ModelError: ONNX Runtime cannot read it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # lengths vary from run to run
    options.log_severity_level = 4
    for scope in ("intra_op", "inter_op"):
        options.add_session_config_entry(f"session.{scope}.allow_spinning", "0")
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no base of their own
        first = str(error).partition("\n")[0]
        raise ModelError(f"ONNX Runtime cannot read {name} ({first}): {remedy}") from error
