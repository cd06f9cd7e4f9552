"""Draw training batches: balanced over corpora and classes, cropped like the server's windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.tone.windows import Features
from training.utterance_tone.corpus import Clip
from training.utterance_tone.sampling import draw_weights


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """How batches are drawn.

    Attributes:
        corpus_power: 0 draws all corpora alike, 1 in proportion to their clips.
        draws: Clips in an epoch.
        batch: Clips in a batch.
        seconds: Shortest and longest crop; each batch has one length.
        from_start: Share of crops that begin with the clip, as the server's first windows do.
        speeds: Slowest and fastest change of speed, at the same pitch, of half of the crops.
    """

    corpus_power: float = 0.25
    draws: int = 3200
    batch: int = 64
    seconds: tuple[float, float] = (0.8, 3.0)
    from_start: float = 0.4
    speeds: tuple[float, float] = (0.88, 1.14)


class Sampler:
    """Iterates over batches: features (batch, frames, DIMS), targets (batch, 3 + 8).

    Args:
        clips: All clips.
        rows: Indices of the clips to draw from.
        variants: Features of all clips, as recorded and disturbed.
        targets: Of all clips, (clips, 3 + 8).
        config: How to draw.
        seed: Of the random numbers.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        rows: np.ndarray,
        variants: Sequence[Features],
        targets: Tensor,
        *,
        config: SamplingConfig,
        seed: int,
    ) -> None:
        self._rows = rows
        self._targets = targets
        self._weight = draw_weights(clips, rows, config.corpus_power)
        self._variants = variants
        self._config = config
        self._rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return self._config.draws // self._config.batch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size = self._config.batch
        for _ in range(len(self)):
            chosen = self._rng.choice(self._rows, size, p=self._weight)
            low, high = self._config.seconds
            frames = int(100 * self._rng.uniform(low, high))
            crops = np.stack([self._crop(int(row), frames) for row in chosen])
            yield torch.from_numpy(crops), self._targets[chosen]

    def _crop(self, clip: int, frames: int) -> np.ndarray:
        rng = self._rng
        source = self._variants[int(rng.integers(len(self._variants)))][clip]
        speed = rng.uniform(*self._config.speeds) if rng.random() < 0.5 else 1.0
        spare = max(len(source) - int(frames * speed), 0)
        start = int(rng.integers(spare + 1))
        if rng.random() < self._config.from_start:
            start = min(int(rng.integers(25)), spare)
        # A clip that is too short is repeated; the pauses at its ends make that sound natural.
        taken = start + (np.arange(frames) * speed).astype(int)
        return source.take(taken, axis=0, mode="wrap")
