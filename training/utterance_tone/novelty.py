"""How unlike the training data a sound is: what its principal directions cannot express.

This is the reconstruction error of a principal component analysis of the pooled steps, a standard
measure of novelty. It hardly depends on who speaks which language, and is large for noises, music
and sounds too short to be told.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from training.utterance_tone.embed import Embedded
from training.utterance_tone.fit import stacked
from training.utterance_tone.heads import Heads

DIRECTION_SHARE: Final = 8
"""One principal direction is kept for so many outputs of the layers."""

STRANGEST: Final = 0.99
"""Quantile of the training data whose novelty is 1."""


class Novelty(nn.Module):
    """The distance of pooled steps from a subspace, relative to that of training data.

    Args:
        pooled: Of clips of the training data, (clips, width).
    """

    centre: Tensor
    directions: Tensor
    scale: Tensor

    def __init__(self, pooled: Tensor) -> None:
        super().__init__()
        centre = pooled.mean(dim=0)
        _, _, rows = torch.linalg.svd(pooled - centre, full_matrices=False)
        self.register_buffer("centre", centre)
        self.register_buffer(
            "directions", rows[: pooled.shape[1] // DIRECTION_SHARE].T.contiguous()
        )
        self.register_buffer("scale", torch.ones(()))
        self.scale = torch.quantile(self(pooled), STRANGEST)

    def forward(self, pooled: Tensor) -> Tensor:
        """(batch, width) → (batch,)."""
        away = pooled - self.centre
        inside = away @ self.directions
        left = (away * away).sum(dim=1) - (inside * inside).sum(dim=1)
        return left.clamp_min(0).sqrt() / self.scale


def fit_novelty(heads: Heads, variants: Sequence[Embedded]) -> Novelty:
    """The measure for trained heads.

    Args:
        heads: They standardise the steps.
        variants: What the layers make of clips of the training data, each the same clips, which
            are taken from all variants in turn.
    """
    clips = [variants[n % len(variants)][n] for n in range(len(variants[0]))]
    with torch.inference_mode():
        pooled = [heads.pooled(*stacked([clip])) for clip in clips]
    return Novelty(torch.cat(pooled).clone())
