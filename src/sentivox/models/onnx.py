"""Open ONNX Runtime sessions with the settings that suit small models."""

from pathlib import Path

import onnxruntime as ort

from sentivox.errors import ModelError


def open_session(model: Path | bytes, name: str, remedy: str) -> ort.InferenceSession:
    """Open a session that any number of threads may share.

    It runs on one thread and does not spin, because the models are small and other streams need
    the cores.

    Args:
        model: The ONNX file, or its content.
        name: Name of the model in an error message.
        remedy: What the user can do about the error.

    Raises:
        ModelError: ONNX Runtime cannot read the model.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # lengths vary from run to run
    options.log_severity_level = 4
    for scope in ("intra_op", "inter_op"):
        options.add_session_config_entry(f"session.{scope}.allow_spinning", "0")
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no common base class
        first = str(error).partition("\n")[0]
        raise ModelError(f"ONNX Runtime cannot read {name} ({first}): {remedy}") from error
