"""An ensemble of networks of one recipe with different seeds."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from training.tone.scoring import Scores
from training.tone.study import Outcome, Recipe


class Committee(nn.Module):
    """An ensemble whose logits are the mean log-probabilities of its members.

    Args:
        member: Makes a network.
        seats: Number of members.
    """

    def __init__(self, member: Callable[[], nn.Module], seats: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(member() for _ in range(seats))

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, frames, DIMS) to logits (batch, classes)."""
        return torch.stack([m(features).log_softmax(dim=1) for m in self.members]).mean(dim=0)


def seats(recipe: Recipe, count: int) -> Recipe:
    """Return the recipe of a committee of `count` members that each followed `recipe`."""
    return replace(recipe, network=lambda: Committee(recipe.network, count))


def assemble(members: Sequence[Outcome]) -> Outcome:
    """Combine runs on one split into the outcome of their committee, without running anything.

    The learning curve is that of the first member.
    """
    first = members[0]
    return replace(
        first,
        weights={
            f"members.{seat}.{name}": value
            for seat, member in enumerate(members)
            for name, value in member.weights.items()
        },
        dev=_agreed([m.dev for m in members]),
        test={name: _agreed([m.test[name] for m in members]) for name in first.test},
    )


def _agreed(opinions: Sequence[Scores]) -> Scores:
    mean = np.mean([np.log(np.maximum(o.probs, 1e-30)) for o in opinions], axis=0)
    probs = np.exp(mean - mean.max(axis=1, keepdims=True))
    return replace(opinions[0], probs=probs / probs.sum(axis=1, keepdims=True))
