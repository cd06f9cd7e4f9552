"""Write a trained network as the files that `ToneModel` loads, and compare the two."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
import torch
from torch import nn

from sentivox.models.embedded import SIDECAR, WEIGHTS
from sentivox.tone.bundle import ToneCard
from sentivox.tone.features import DIMS, FEATURES
from sentivox.tone.model import ToneModel
from sentivox.tone.sentiment import ToneCalibration
from sentivox.types import EMOTIONS, FloatArray


def export(net: nn.Module, calibration: ToneCalibration, folder: Path, version: str) -> None:
    """Write network and calibration into `folder`; the graph gives "logits" (batch, 8)."""
    weights = graph(net, "logits")
    card = ToneCard(
        name="sentivox-tone",
        version=version,
        emotions=EMOTIONS,
        features=FEATURES,
        calibration=calibration,
        sha256=hashlib.sha256(weights).hexdigest(),
    )
    write(folder, weights, card)


def write(folder: Path, weights: bytes, card: msgspec.Struct) -> None:
    """Write `model.onnx` and `model.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(weights)
    (folder / SIDECAR).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def graph(net: nn.Module, output: str) -> bytes:
    """Export a network as ONNX, from "features" (batch, frames, DIMS) to `output`.

    The sizes of batch and frames are free.

    Raises:
        RuntimeError: PyTorch exported nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about PyTorch's exporter itself
        program = torch.onnx.export(
            net.eval(),
            (torch.randn(2, 60, DIMS),),
            input_names=["features"],
            output_names=[output],
            dynamic_shapes={
                "features": {0: torch.export.Dim("batch"), 1: torch.export.Dim("frames")}
            },
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("PyTorch exported nothing")
    return anonymous(program.model_proto).SerializeToString()


def anonymous(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the exporter's metadata, which names source files of this machine."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for tensor in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        tensor.ClearField("metadata_props")
    return model


def largest_difference(net: nn.Module, folder: Path, windows: Sequence[FloatArray]) -> float:
    """Return the largest difference of a probability between PyTorch and the exported files.

    Args:
        net: The network.
        folder: The files that `export` wrote.
        windows: Features to compare on, each of shape (frames, DIMS).
    """
    model = ToneModel.load(folder)
    worst = 0.0
    for window, served in zip(windows, model.classify(windows), strict=True):
        with torch.inference_mode():
            probs = torch.softmax(net(torch.from_numpy(window)[None]), dim=1).numpy()[0]
        worst = max(worst, float(np.abs(probs - served.emotions).max()))
    return worst
