"""The embedding tables in int8, one scale a row, which ONNX Runtime's quantiser cannot do."""

import torch
from torch import Tensor, nn


class Int8Embedding(nn.Module):
    """An embedding whose rows are stored as int8 and a scale; within 0.4 % of a row's maximum.

    Two thirds of the model's bytes are its word vectors. A single scale for the whole table
    would leave rare words, whose vectors are small, a handful of levels.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.detach().abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("scale", scale.float())
        self.register_buffer("table", torch.round(weight.detach() / scale).to(torch.int8))

    @property
    def weight(self) -> Tensor:
        """The whole table in float32."""
        return self.table.float() * self.scale

    def forward(self, ids: Tensor) -> Tensor:
        """(…,) ids -> (…, width) float32."""
        return self.table[ids].float() * self.scale[ids]
