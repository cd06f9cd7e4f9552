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
    """Character ids to log-probabilities, with no parameter but the fitted ones.

    Each n-gram picks a row: weights in int8, in float16 their scale and the n-gram's share of the
    text's squared length, and the fingerprint of the n-gram that the row is for.
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
        # A scale that rounded to nothing leaves its weights no levels: they are nothing too.
        steps = weights / np.where(scale > 0, scale, np.inf).astype(np.float32)[:, None]
        table = np.clip(np.round(steps), -127, 127).astype(np.int8)
        sides = np.stack([scale, (model.inverse**2).astype(np.float16)], 1)
        self.register_buffer("table", torch.from_numpy(table))
        self.register_buffer("sides", torch.from_numpy(sides))
        self.register_buffer("prints", torch.from_numpy(model.prints))
        self.register_buffer("bias", torch.from_numpy(model.bias))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(batch, characters) ids and 0/1 mask -> (batch, 3) logits in the order of SENTIMENTS."""
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
        """Each character, the pair it ends and the triple around it: (batch, characters, 3)."""
        around = F.pad(ids, (1, 1))
        pair = (around[:, :-2] + 1) * STRIDE + ids
        return torch.stack([ids, pair, pair * STRIDE + around[:, 2:]], 2)

    @staticmethod
    def _mix(sure: Tensor) -> Tensor:
        """The experts' probabilities (batch, 3), weighed by the gate."""
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
