"""What the network is taught of each clip: a distribution over sentiments and over emotions."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sentivox.types import EMOTIONS, SENTIMENTS
from training.utterance_tone.corpus import Clip

SMOOTHING = 0.1
"""Probability that is spread over all classes, so that no label is taken for certain."""


def targets(clips: Sequence[Clip]) -> Tensor:
    """Distributions, (clips, 3 + 8): smoothed labels.

    A part is all zero where the clip has no label of it, which then counts nothing in the loss.
    """
    return torch.cat(
        [
            _part([clip.sentiment for clip in clips], len(SENTIMENTS)),
            _part([clip.emotion for clip in clips], len(EMOTIONS)),
        ],
        dim=1,
    )


def _part(labels: Sequence[int], classes: int) -> Tensor:
    label = np.array(labels)
    part = np.zeros((len(labels), classes), np.float32)
    part[label >= 0] = SMOOTHING / classes
    part[label >= 0, label[label >= 0]] += 1 - SMOOTHING
    return torch.from_numpy(part)


def cross_entropy(said: Tensor, target: Tensor) -> Tensor:
    """Mean cross-entropy of sentiments plus that of emotions.

    Args:
        said: Log-probabilities, (batch, 3 + 8).
        target: Distributions as of `targets`, the same shape.
    """
    sizes = [len(SENTIMENTS), len(EMOTIONS)]
    parts = zip(said.split(sizes, dim=1), target.split(sizes, dim=1), strict=True)
    return sum(
        (-(goal * guess).sum() / goal.sum().clamp_min(1) for guess, goal in parts),
        start=torch.zeros(()),
    )
