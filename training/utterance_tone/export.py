"""Write a trained network as the files that `UtteranceToneModel` loads, and compare the two."""

import hashlib
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.nn import functional

from sentivox.tone.padding import padded_length
from sentivox.tone.trust import TrustSettings
from sentivox.tone.utterance import MAX_PIECE_SAMPLES, UtteranceToneCard, UtteranceToneModel
from sentivox.types import EMOTIONS, FloatArray, Int16Array
from training.tone.export import anonymous, write
from training.utterance_tone.network import HOP, EncoderTone
from training.utterance_tone.novelty import Novelty


class Served(nn.Module):
    """Samples → log-probabilities and novelty: all that is served, in one graph."""

    def __init__(self, net: EncoderTone, novelty: Novelty) -> None:
        super().__init__()
        self.net = net
        self.novelty = novelty

    def forward(self, sound: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, samples), -1…1, and (batch,) → (batch, 3 + 8), (batch,)."""
        steps, mask = self.net.steps(sound, length)
        return self.net.heads(steps, mask), self.novelty(self.net.heads.pooled(steps, mask))


class StridedConvolution(nn.Module):
    """A convolution of width 3 and stride 2 as a matrix product, which can be quantised.

    ONNX Runtime quantises matrix products dynamically, and convolutions only at a loss of speed.
    """

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        weight = convolution.weight.detach()
        self.product = nn.Linear(3 * weight.shape[1], weight.shape[0])
        self.product.weight.data = weight.permute(0, 2, 1).flatten(1).contiguous()
        self.product.bias.data = convolution.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, 2 n) → (batch, channels, n)."""
        x = functional.pad(x, (1, 1)).transpose(1, 2)
        three = torch.cat([x[:, 0:-2:2], x[:, 1:-1:2], x[:, 2::2]], dim=2)
        return self.product(three).transpose(1, 2)


def export(
    net: EncoderTone, novelty: Novelty, trust: TrustSettings, folder: Path, version: str
) -> None:
    """Write the network in int8, with one scale per channel, into `folder`; it is changed."""
    weights = _quantised(_graph(net, novelty))
    card = UtteranceToneCard(
        name="sentivox-utterance-tone",
        version=version,
        emotions=EMOTIONS,
        trust=trust,
        sha256=hashlib.sha256(weights).hexdigest(),
    )
    write(folder, weights, card)


def _graph(net: EncoderTone, novelty: Novelty) -> onnx.ModelProto:
    """Export a network as ONNX, from "sound" (1, samples) and "length" (1,) to its outputs.

    Raises:
        RuntimeError: PyTorch exported nothing.
    """
    steps = padded_length(MAX_PIECE_SAMPLES) // (2 * HOP)
    net.encoder.positions = net.encoder.positions[:steps].clone()
    net.encoder.conv2 = StridedConvolution(net.encoder.conv2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about PyTorch's exporter itself
        program = torch.onnx.export(
            Served(net, novelty).eval(),
            (torch.randn(1, 56_000) / 10, torch.tensor([40_000])),
            input_names=["sound", "length"],
            output_names=["log_probs", "novelty"],
            dynamic_shapes={
                "sound": {1: 8000 * torch.export.Dim("halves", min=3, max=22)}, "length": {},
            },
            dynamo=True,
            verbose=False,
        )  # fmt: skip
    if program is None:
        raise RuntimeError("PyTorch exported nothing")
    return anonymous(program.model_proto)


def _quantised(model: onnx.ModelProto) -> bytes:
    """The same graph with its matrices in int8. With one scale per matrix, it would be useless."""
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole, small, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
        )  # fmt: skip
        return small.read_bytes()


def largest_difference(
    said: Sequence[FloatArray], folder: Path, utterances: Sequence[Int16Array]
) -> float:
    """The largest difference of a probability between PyTorch and the files.

    Args:
        said: Log-probabilities of the sentiments by PyTorch, shape (3,) each, as trained.
        folder: The files that `export` wrote.
        utterances: What they are of.
    """
    served = UtteranceToneModel.load(folder).classify(utterances)
    return max(
        float(np.abs(np.exp(one) - np.exp(other.sentiment)).max())
        for one, other in zip(said, served, strict=True)
    )
