"""Writes a trained network as the files that `ToneModel` loads, and checks that they agree."""

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
from sentivox.tone.bundle import Card
from sentivox.tone.features import DIMS, FEATURES
from sentivox.tone.model import ToneModel
from sentivox.tone.sentiment import ToneCalibration
from sentivox.types import EMOTIONS, FloatArray


def export(net: nn.Module, calibration: ToneCalibration, folder: Path, version: str) -> None:
    """Write the network into `folder`; its graph gives "logits" (batch, 8)."""
    weights = graph(net, "logits")
    card = Card(
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
    """The ONNX graph from "features" (batch, frames, DIMS), both of the first free, to `output`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch's exporter about itself
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
    return _anonymous(program.model_proto).SerializeToString()


def _anonymous(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the exporter's notes: where in whose files each node comes from."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for tensor in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        tensor.ClearField("metadata_props")
    return model


def largest_difference(net: nn.Module, folder: Path, windows: Sequence[FloatArray]) -> float:
    """Largest difference of an emotion's probability between PyTorch and the exported files."""
    model = ToneModel.load(folder)
    worst = 0.0
    for window, served in zip(windows, model.classify(windows), strict=True):
        with torch.inference_mode():
            probs = torch.softmax(net(torch.from_numpy(window)[None]), dim=1).numpy()[0]
        worst = max(worst, float(np.abs(probs - served.emotions).max()))
    return worst
