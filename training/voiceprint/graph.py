"""The graph of the voiceprint model: samples → mel spectrogram → three LSTM layers → voiceprint.

It is written out node by node, because it has few of them, and because the weights are kept as
float16, which halves the file; ONNX Runtime makes them float32 again when it loads the graph.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from sentivox.types import SAMPLE_RATE, FloatArray
from sentivox.voice.bundled import FRAME, HOP

MELS: Final = 40
LAYERS: Final = 3
HIDDEN: Final = 256
OPSET: Final = 17

Weights = Mapping[str, FloatArray]
"""The weights by their names in the PyTorch checkpoint."""


class Graph:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add a constant as it is."""
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str, value: FloatArray) -> str:
        """Add a weight, kept as float16 and used as float32."""
        self.constant(f"{name}_half", value.astype(np.float16))
        return self.node("Cast", [f"{name}_half"], name, to=TensorProto.FLOAT)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Add a node with one output that is used."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def graph(weights: Weights, mean: FloatArray) -> onnx.ModelProto:
    """The model, from "sound" (windows, samples) to "voiceprint" (windows, HIDDEN).

    Args:
        weights: Those of the encoder.
        mean: Shape (HIDDEN,), the mean of the encoder's outputs (of length 1) over many speakers,
            which is subtracted from them: all of them are positive, so without it any two point
            much the same way.
    """
    made = Graph()
    x = _mel(made)
    x = made.node("Transpose", [x], "frames", perm=[2, 0, 1])  # (frames, windows, MELS)
    for layer in range(LAYERS):
        x = _lstm(made, weights, layer, x, last=layer == LAYERS - 1)
    made.node(
        "Gemm",
        [
            x,
            made.weight("linear_weight", weights["linear.weight"]),
            made.weight("linear_bias", weights["linear.bias"]),
        ],
        "raw",
        transB=1,
    )
    made.node("Relu", ["raw"], "positive")
    made.node("LpNormalization", ["positive"], "unit", axis=1, p=2)
    made.node("Sub", ["unit", made.constant("mean", mean.astype(np.float32))], "voiceprint")
    model = helper.make_model(
        helper.make_graph(
            made.nodes,
            "voiceprint",
            [helper.make_tensor_value_info("sound", TensorProto.FLOAT, ["windows", "samples"])],
            [helper.make_tensor_value_info("voiceprint", TensorProto.FLOAT, ["windows", HIDDEN])],
            made.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def _mel(made: Graph) -> str:
    """Power in mel bands, (windows, MELS, frames); the Fourier transform is a convolution."""
    angle = 2 * np.pi / FRAME * np.arange(FRAME)[None] * np.arange(FRAME // 2 + 1)[:, None]
    window = 0.5 - 0.5 * np.cos(2 * np.pi / FRAME * np.arange(FRAME))
    basis = (np.concatenate([np.cos(angle), np.sin(angle)]) * window).astype(np.float32)
    made.constant("basis", basis[:, None])
    made.constant("bands", mel_bands()[..., None])
    made.constant("channel", np.array([1]))
    made.node("Unsqueeze", ["sound", "channel"], "signal")
    made.node("Conv", ["signal", "basis"], "spectrum", strides=[HOP])
    made.nodes.append(helper.make_node("Split", ["spectrum"], ["real", "imaginary"], axis=1))
    made.node("Mul", ["real", "real"], "real_squared")
    made.node("Mul", ["imaginary", "imaginary"], "imaginary_squared")
    made.node("Add", ["real_squared", "imaginary_squared"], "power")
    return made.node("Conv", ["power", "bands"], "mel")


def _lstm(made: Graph, weights: Weights, layer: int, x: str, *, last: bool) -> str:
    """A layer; its sequence (frames, windows, HIDDEN), or its last state (windows, HIDDEN)."""
    name = f"lstm{layer}"
    bias = np.concatenate([_gates(weights[f"lstm.bias_{k}_l{layer}"]) for k in ("ih", "hh")])
    inputs = [
        x,
        made.weight(f"{name}_w", _gates(weights[f"lstm.weight_ih_l{layer}"])[None]),
        made.weight(f"{name}_r", _gates(weights[f"lstm.weight_hh_l{layer}"])[None]),
        made.weight(f"{name}_b", bias[None]),
    ]
    outputs = ["", f"{name}_state"] if last else [f"{name}_sequence"]
    made.nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=HIDDEN))
    axis = made.constant(f"{name}_axis", np.array([0 if last else 1]))
    return made.node("Squeeze", [outputs[-1], axis], f"{name}_output")


def _gates(weight: FloatArray) -> FloatArray:
    """From PyTorch's order of gates (input, forget, cell, output) to ONNX's (i, o, f, c)."""
    i, f, c, o = np.split(weight, 4)
    return np.concatenate([i, o, f, c])


def mel_bands() -> FloatArray:
    """Triangular filters on Slaney's mel scale, of equal area, shape (MELS, FRAME // 2 + 1)."""
    mel_per_hz, knee_hz, step = 3 / 200, 1000.0, np.log(6.4) / 27
    knee = knee_hz * mel_per_hz
    top = knee + np.log(SAMPLE_RATE / 2 / knee_hz) / step
    mels = np.linspace(0, top, MELS + 2)
    edges = np.where(mels < knee, mels / mel_per_hz, knee_hz * np.exp((mels - knee) * step))
    hz = np.linspace(0, SAMPLE_RATE / 2, FRAME // 2 + 1)
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    bands = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return bands.astype(np.float32)
