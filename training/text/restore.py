"""Restore a network from its int8 ONNX file, to train it further without its original weights.

Weights are rounded to 7 bits with a scale for each channel, word vectors to 8 bits with a scale for
each row, so the restored network gives nearly the scores of the one that was exported.
"""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from training.text.encoder import SentimentEncoder

_WORDS = "embeddings.word_embeddings"
_POSITIONS = "embeddings.position_embeddings.weight"


def restore(path: Path) -> SentimentEncoder:
    """Build an encoder with the weights of a ``model.onnx`` that `training.text.export` wrote.

    Its word vectors are kept as they are, which saves time, and keeps words that are rare in the
    further training.

    Positions beyond those exported get vectors of zeros: no text that it is served is so long.

    Raises:
        ValueError: The file is of another network.
    """
    graph = onnx.load(str(path)).graph
    stored = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy())
              for one in graph.initializer}  # fmt: skip
    if f"{_WORDS}.table" not in stored:
        raise ValueError(f"{path} is not an int8 text model of training.text")
    model = SentimentEncoder()
    state = {name: stored.get(name, value) for name, value in model.state_dict().items()}
    positions = torch.zeros_like(model.embeddings.position_embeddings.weight)
    positions[: len(stored[_POSITIONS])] = stored[_POSITIONS]
    state[_POSITIONS] = positions
    state[f"{_WORDS}.weight"] = stored[f"{_WORDS}.table"].float() * stored[f"{_WORDS}.scale"]
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in stored:
            weight = _weight(stored, node.input[1].removesuffix("_quantized"))
            state[_owner(node.output[0])] = weight.T.contiguous()
    model.load_state_dict(state)
    model.embeddings.word_embeddings.requires_grad_(requires_grad=False)
    return model


def _weight(stored: dict[str, Tensor], name: str) -> Tensor:
    """Return a matrix in float32, shape (inputs, outputs); its scales are one for each output."""
    values = stored[f"{name}_quantized"].float() - stored[f"{name}_zero_point"].float()
    return values * stored[f"{name}_scale"]


def _owner(output: str) -> str:
    """Return the parameter that a matrix product belongs to, from the name of its output."""
    if output.startswith("logits"):
        return "head.weight"
    _, layer, part, _ = output.split("/", 3)
    return f"{layer}.{part}.weight"
