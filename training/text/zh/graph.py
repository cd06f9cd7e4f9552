"""The linear models and the network as one ONNX file."""

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.text.export import write_graph
from training.text.quantise import Int8Embedding
from training.text.zh.linear import BUCKETS, EXPERTS, KINDS, PRINTS, STRIDE, Linear
from training.text.zh.network import Network

_LEAST_PROBABILITY = 1e-6


class Graph(nn.Module):
    """The fitted models as one module: character ids to log-probabilities.

    Each n-gram selects a row of a table. The row has int8 weights, their scale in float16, the
    n-gram's part of the text's squared length in float16, and the fingerprint of the n-gram that it
    belongs to.
    """

    table: Tensor
    sides: Tensor
    prints: Tensor
    bias: Tensor

    def __init__(self, model: Linear, network: Network) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        for name in ("characters", "pairs"):
            setattr(self.network, name, Int8Embedding(getattr(network, name).weight))
        weights = model.weights * model.inverse[:, None]
        scale = (np.abs(weights).max(1) / 127).astype(np.float16)
        # Where the scale rounds to 0, the weights are set to 0 too.
        steps = weights / np.where(scale > 0, scale, np.inf).astype(np.float32)[:, None]
        table = np.clip(np.round(steps), -127, 127).astype(np.int8)
        sides = np.stack([scale, (model.inverse**2).astype(np.float16)], 1)
        self.register_buffer("table", torch.from_numpy(table))
        self.register_buffer("sides", torch.from_numpy(sides))
        self.register_buffer("prints", torch.from_numpy(model.prints))
        self.register_buffer("bias", torch.from_numpy(model.bias))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Map ids and 0/1 mask (batch, characters) to logits (batch, 3), ordered as SENTIMENTS."""
        ids = input_ids * attention_mask
        keys = self._keys(ids)
        rows = keys % BUCKETS
        prints = torch.div(keys, BUCKETS, rounding_mode="trunc") % PRINTS + 1
        known = (self.prints[rows].long() == prints).float() * attention_mask[:, :, None].float()
        sides = self.sides[rows].float() * known[:, :, :, None]
        total = (self.table[rows].float() * sides[:, :, :, :1]).sum((1, 2))
        length = sides[:, :, :, 1].sum((1, 2)).clamp(min=1.0).sqrt()
        scores = total / length[:, None] + self.bias
        experts = (scores[:, :EXPERTS] + self.network(ids, attention_mask)) / 2
        sure = torch.sigmoid(torch.cat([experts, scores[:, EXPERTS:]], 1))
        return torch.log(self._mix(sure) + _LEAST_PROBABILITY)

    @staticmethod
    def _keys(ids: Tensor) -> Tensor:
        """Return keys of each character, the pair it ends and the triple around it.

        Shape (batch, characters, 3).
        """
        around = F.pad(ids, (1, 1))
        pair = (around[:, :-2] + 1) * STRIDE + ids
        return torch.stack([ids, pair, pair * STRIDE + around[:, 2:]], 2)

    @staticmethod
    def _mix(sure: Tensor) -> Tensor:
        """Return the experts' probabilities, weighted by the gate, shape (batch, 3)."""
        talk, positive, gate = sure[:, :3], sure[:, 3:EXPERTS], sure[:, EXPERTS:]
        talk = talk / talk.sum(1, keepdim=True)
        gate = gate / gate.sum(1, keepdim=True)
        doubt = torch.minimum(positive, 1 - positive)
        polar = torch.stack([1 - positive - doubt / 2, doubt, positive - doubt / 2], 2)
        experts = [talk, polar[:, 0], polar[:, 1]]
        return torch.stack([gate[:, kind, None] * experts[kind] for kind in KINDS]).sum(0)


def write_onnx(model: Linear, network: Network, path: Path) -> None:
    """Export to ONNX: ``input_ids``, ``attention_mask`` (batch, tokens) int64 -> ``logits``."""
    write_graph(Graph(model, network).eval(), torch.tensor([[2, 3, 4, 5], [6, 7, 0, 0]]), path)
    onnx.checker.check_model(str(path))
