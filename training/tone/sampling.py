"""Draws training batches: balanced over corpora and emotions, cropped as serving crops."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from sentivox.types import EMOTIONS
from training.tone.cache import Features
from training.tone.corpus import Clip


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """How batches are drawn.

    Attributes:
        corpus_weight: share of the draws; TESS is two voices and one carrier phrase.
        draws: clips an epoch.
        seconds: shortest and longest crop; each batch has one length.
        spoilt: share of draws from spoilt copies.
        from_start: share of crops that begin with the clip, as the first windows served do.
        speeds: slowest and fastest that half of the crops are said, their pitch unchanged.
    """

    corpus_weight: Mapping[str, float] = field(
        default_factory=lambda: {"ravdess": 0.55, "nemo": 0.35, "tess": 0.1}
    )
    draws: int = 3200
    batch: int = 64
    seconds: tuple[float, float] = (0.8, 3.0)
    from_start: float = 0.4
    speeds: tuple[float, float] = (0.88, 1.14)
    spoilt: float = 0.35


def draw_weights(clips: Sequence[Clip], corpus_weight: Mapping[str, float]) -> np.ndarray:
    """Probability of drawing each clip: corpora by weight, emotions evenly within a corpus."""
    corpora = sorted({c.corpus for c in clips})
    weight = np.zeros(len(clips))
    for corpus in corpora:
        emotions = {c.emotion for c in clips if c.corpus == corpus}
        for emotion in emotions:
            those = [i for i, c in enumerate(clips) if (c.corpus, c.emotion) == (corpus, emotion)]
            weight[those] = corpus_weight.get(corpus, 1.0) / len(emotions) / len(those)
    return weight / weight.sum()


class Sampler:
    """Batches of (features (batch, frames, DIMS), emotions one-hot (batch, 8))."""

    def __init__(
        self,
        clips: Sequence[Clip],
        rows: Sequence[int],
        variants: Sequence[Features],
        config: SamplingConfig,
        seed: int,
    ) -> None:
        """Take the clips at `rows`; the first variant of their features is clean, others spoilt."""
        self._rows = np.asarray(rows)
        emotions = torch.tensor([clips[i].emotion for i in rows])
        self._one_hot = torch.nn.functional.one_hot(emotions, len(EMOTIONS)).float()
        self._weight = draw_weights([clips[i] for i in rows], config.corpus_weight)
        self._variants = variants
        self._config = config
        self._rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Batches an epoch."""
        return self._config.draws // self._config.batch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size = self._config.batch
        for _ in range(len(self)):
            chosen = self._rng.choice(len(self._rows), size, p=self._weight)
            low, high = self._config.seconds
            frames = int(100 * self._rng.uniform(low, high))
            crops = np.stack([self._crop(int(self._rows[i]), frames) for i in chosen])
            yield torch.from_numpy(crops), self._one_hot[chosen]

    def _crop(self, clip: int, frames: int) -> np.ndarray:
        rng = self._rng
        source = self._variant()[clip]
        speed = rng.uniform(*self._config.speeds) if rng.random() < 0.5 else 1.0
        spare = max(len(source) - int(frames * speed), 0)
        start = int(rng.integers(spare + 1))
        if rng.random() < self._config.from_start:
            start = min(int(rng.integers(25)), spare)
        # A clip too short is said again; the pauses left at its ends make that sound natural.
        taken = start + (np.arange(frames) * speed).astype(int)
        return source.take(taken, axis=0, mode="wrap")

    def _variant(self) -> Features:
        spoilt = len(self._variants) - 1
        if spoilt and self._rng.random() < self._config.spoilt:
            return self._variants[1 + self._rng.integers(spoilt)]
        return self._variants[0]
