"""Networks of one recipe and different seeds that answer as one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from training.tone.scoring import Scores
from training.tone.study import Outcome, Recipe


class Committee(nn.Module):
    """Answers the mean of its members' log-probabilities, as logits (batch, classes)."""

    def __init__(self, member: Callable[[], nn.Module], seats: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(member() for _ in range(seats))

    def forward(self, features: Tensor) -> Tensor:
        """Features (batch, frames, DIMS) → logits (batch, classes)."""
        return torch.stack([m(features).log_softmax(dim=1) for m in self.members]).mean(dim=0)


def seats(recipe: Recipe, count: int) -> Recipe:
    """The recipe of a committee whose members each followed `recipe`."""
    return replace(recipe, network=lambda: Committee(recipe.network, count))


def assemble(members: Sequence[Outcome]) -> Outcome:
    """What a committee of runs on one split comes to; nothing is trained or run again.

    Its curve is the first member's.
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
