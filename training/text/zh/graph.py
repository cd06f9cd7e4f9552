"""The linear model as an ONNX file."""

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.text.export import write_graph
from training.text.zh.linear import BUCKETS, STRIDE, Linear


class LinearGraph(nn.Module):
    """Character ids to sentiment logits, with no parameter but the fitted ones."""

    table: Tensor
    bias: Tensor

    def __init__(self, model: Linear) -> None:
        super().__init__()
        self.register_buffer("table", torch.from_numpy(model.table()))
        self.register_buffer("bias", torch.from_numpy(model.bias))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(batch, characters) ids and 0/1 mask -> (batch, 3) logits in the order of SENTIMENTS."""
        ids = input_ids * attention_mask
        around = F.pad(ids, (1, 1))
        pair = around[:, :-2] * STRIDE + ids
        triple = pair * STRIDE + around[:, 2:]
        grams = torch.stack([ids, pair % BUCKETS, triple % BUCKETS], 2)
        mask = attention_mask[:, :, None, None].float()
        total = (self.table[grams].float() * mask).sum((1, 2))
        return total[:, :3] / total[:, 3:].clamp(min=1.0).sqrt() + self.bias


def write_onnx(model: Linear, path: Path) -> None:
    """Export to ONNX: ``input_ids``, ``attention_mask`` (batch, tokens) int64 -> ``logits``."""
    write_graph(LinearGraph(model).eval(), torch.tensor([[2, 3, 4, 5], [6, 7, 0, 0]]), path)
    onnx.checker.check_model(str(path))
