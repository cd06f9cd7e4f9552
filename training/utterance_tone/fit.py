"""Trains the heads, on what the layers make of each clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from sentivox.types import FloatArray
from training.utterance_tone.corpus import Clip
from training.utterance_tone.embed import Embedded
from training.utterance_tone.heads import Heads
from training.utterance_tone.sampling import draw_weights
from training.utterance_tone.targets import cross_entropy, targets

STANDARDISED_FROM: Final = 1500
"""Clips from which the mean and deviation of the steps are taken."""


@dataclass(frozen=True, slots=True)
class HeadsConfig:
    """How the heads learn.

    Attributes:
        steps: Batches.
        batch: Clips in a batch.
        rate: Highest learning rate.
        weight_decay: As in AdamW.
        crop: Shortest and longest stretch of a clip, in steps of 80 ms.
        corpus_power: 0 draws all corpora alike, 1 in proportion to their clips.
    """

    steps: int = 900
    batch: int = 64
    rate: float = 2e-3
    weight_decay: float = 0.05
    crop: tuple[int, int] = (12, 40)
    corpus_power: float = 0.25


def train_heads(
    clips: Sequence[Clip],
    variants: Sequence[Embedded],
    rows: np.ndarray,
    config: HeadsConfig,
    seed: int,
) -> Heads:
    """Heads that learnt from the clips at `rows`, in all their variants; ready for use."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    weight, target = draw_weights(clips, rows, config.corpus_power), targets(clips)

    def drawn(size: int) -> tuple[np.ndarray, list[FloatArray]]:
        chosen = rng.choice(rows, size, p=weight)
        return chosen, [variants[int(rng.integers(len(variants)))][int(i)] for i in chosen]

    heads = Heads(variants[0].steps.shape[1])
    seen = np.concatenate(drawn(STANDARDISED_FROM)[1])
    heads.mean.copy_(torch.from_numpy(seen.mean(axis=0)))
    heads.deviation.copy_(torch.from_numpy(seen.std(axis=0) + 1e-4))
    optimiser = torch.optim.AdamW(
        heads.parameters(), lr=config.rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.rate, config.steps, pct_start=0.2
    )
    heads.train()
    for _ in range(config.steps):
        chosen, steps = drawn(config.batch)
        said = heads.each(*stacked([_crop(one, config, rng) for one in steps]))
        loss = sum((cross_entropy(one, target[chosen]) for one in said), torch.zeros(()))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return heads.eval()


def _crop(steps: FloatArray, config: HeadsConfig, rng: np.random.Generator) -> FloatArray:
    length = int(rng.integers(config.crop[0], config.crop[1] + 1))
    start = int(rng.integers(max(0, len(steps) - length) + 1))
    return steps[start : start + length]


def stacked(clips: Sequence[FloatArray]) -> tuple[Tensor, Tensor]:
    """Sequences as one array with zeros after the shorter ones, and which steps are theirs."""
    longest = max(map(len, clips))
    steps = np.zeros((len(clips), longest, clips[0].shape[1]), np.float32)
    mask = np.zeros((len(clips), longest), np.float32)
    for row, clip in enumerate(clips):
        steps[row, : len(clip)] = clip
        mask[row, : len(clip)] = 1
    return torch.from_numpy(steps), torch.from_numpy(mask)


def score(heads: Heads, embedded: Embedded, rows: np.ndarray) -> FloatArray:
    """Log-probabilities of the clips at `rows`, (rows, 3 + 8)."""
    with torch.inference_mode():
        said = [
            heads(*stacked([embedded[int(i)] for i in rows[at : at + 64]]))
            for at in range(0, len(rows), 64)
        ]
    return torch.cat(said).numpy()
