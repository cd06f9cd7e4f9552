"""MiniLM-L6-H384 with a 3-class head, written in plain PyTorch to get a simple ONNX graph.

Queries, keys and values come from one matrix product, which is faster than three.
Source: Wang et al. 2020, MiniLM, arXiv:2002.10957; mean pooling as in Reimers & Gurevych 2019,
Sentence-BERT, arXiv:1908.10084.
"""

import itertools
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from sentivox.types import SENTIMENTS

WIDTH, HEADS, LAYERS, INNER = 384, 12, 6, 1536
VOCABULARY, POSITIONS = 30_522, 512
DROPOUT = 0.1


class Embeddings(nn.Module):
    """Sum of word and position embeddings, normalised. Token types are not used."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCABULARY, WIDTH)
        self.position_embeddings = nn.Embedding(POSITIONS, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids (batch, tokens) to vectors (batch, tokens, WIDTH)."""
        positions = self.position_embeddings.weight[: ids.shape[1]]
        return F.dropout(
            self.LayerNorm(self.word_embeddings(ids) + positions), DROPOUT, self.training
        )


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.attended = nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.transformed = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map vectors (batch, tokens, WIDTH) to the same shape.

        The bias (batch, 1, 1, tokens) is 0 for tokens and very low for padding.
        """
        x = self.attended(x + F.dropout(self._attend(x, bias), DROPOUT, self.training))
        wide = F.gelu(self.widen(x))
        return self.transformed(x + F.dropout(self.narrow(wide), DROPOUT, self.training))

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, tokens, _ = x.shape
        heads = self.query_key_value(x).view(batch, tokens, 3, HEADS, WIDTH // HEADS)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + bias
        weights = F.dropout(torch.softmax(scores, -1), DROPOUT, self.training)
        return self.output((weights @ v).transpose(1, 2).reshape(batch, tokens, WIDTH))


class SentimentEncoder(nn.Module):
    """The text model: token ids to sentiment logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = Embeddings()
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, len(SENTIMENTS))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Map ids and 0/1 mask (batch, tokens) to logits (batch, 3) in the order of SENTIMENTS."""
        mask = attention_mask.to(self.head.weight.dtype)
        bias = (1.0 - mask[:, None, None, :]) * -1e4
        x = self.embeddings(input_ids)
        for layer in self.layers:
            x = layer(x, bias)
        weight = mask[:, :, None]
        pooled = (x * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        return self.head(F.dropout(pooled, DROPOUT, self.training))


# Name of each part of a layer in the checkpoint (Hugging Face BERT) -> our name.
_PARTS = {
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attended",
    "intermediate.dense": "widen",
    "output.dense": "narrow",
    "output.LayerNorm": "transformed",
}


def from_checkpoint(path: Path) -> SentimentEncoder:
    """Build an encoder with the pre-trained body of ``path`` (safetensors) and a new head."""
    source = load_file(path)
    model = SentimentEncoder()
    state = dict(model.state_dict())
    for name in ("word_embeddings", "position_embeddings", "LayerNorm"):
        for kind in ("weight", "bias"):
            if f"embeddings.{name}.{kind}" in source:
                state[f"embeddings.{name}.{kind}"] = source[f"embeddings.{name}.{kind}"]
    # Every token has type 0, so its vector is a constant that is added to the positions.
    state["embeddings.position_embeddings.weight"] = (
        source["embeddings.position_embeddings.weight"]
        + source["embeddings.token_type_embeddings.weight"][0]
    )
    for n, kind in itertools.product(range(LAYERS), ("weight", "bias")):
        theirs = f"encoder.layer.{n}."
        heads = [source[f"{theirs}attention.self.{p}.{kind}"] for p in ("query", "key", "value")]
        state[f"layers.{n}.query_key_value.{kind}"] = torch.cat(heads)
        for part, ours in _PARTS.items():
            state[f"layers.{n}.{ours}.{kind}"] = source[f"{theirs}{part}.{kind}"]
    model.load_state_dict(state)
    return model
