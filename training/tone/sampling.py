"""Draw training batches: balanced over corpora and emotions, cropped like the server's windows."""

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
        corpus_weight: Corpus -> its share of the draws; low for TESS, which has only two voices
            and one carrier phrase.
        draws: Clips in an epoch.
        batch: Clips in a batch.
        seconds: Shortest and longest crop; each batch has one length.
        from_start: Share of crops that begin with the clip, as the server's first windows do.
        speeds: Slowest and fastest change of speed, at the same pitch, of half of the crops.
        spoilt: Share of draws from distorted copies.
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
    """Return the probability of drawing each clip, shape (clips,).

    Corpora are drawn by weight, and emotions evenly within a corpus.
    """
    corpora = sorted({c.corpus for c in clips})
    weight = np.zeros(len(clips))
    for corpus in corpora:
        emotions = {c.emotion for c in clips if c.corpus == corpus}
        for emotion in emotions:
            those = [i for i, c in enumerate(clips) if (c.corpus, c.emotion) == (corpus, emotion)]
            weight[those] = corpus_weight.get(corpus, 1.0) / len(emotions) / len(those)
    return weight / weight.sum()


class Sampler:
    """Iterates over batches: features (batch, frames, DIMS), one-hot emotions (batch, 8)."""

    def __init__(
        self,
        clips: Sequence[Clip],
        rows: Sequence[int],
        variants: Sequence[Features],
        config: SamplingConfig,
        seed: int,
    ) -> None:
        """Draw from the clips at `rows`.

        Args:
            clips: All clips.
            rows: Indices of the clips to draw from.
            variants: Features of all clips: clean first, then distorted copies.
            config: How to draw.
            seed: Of the random numbers.
        """
        self._rows = np.asarray(rows)
        emotions = torch.tensor([clips[i].emotion for i in rows])
        self._one_hot = torch.nn.functional.one_hot(emotions, len(EMOTIONS)).float()
        self._weight = draw_weights([clips[i] for i in rows], config.corpus_weight)
        self._variants = variants
        self._config = config
        self._rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
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
        # A clip that is too short is repeated; the pauses at its ends make that sound natural.
        taken = start + (np.arange(frames) * speed).astype(int)
        return source.take(taken, axis=0, mode="wrap")

    def _variant(self) -> Features:
        spoilt = len(self._variants) - 1
        if spoilt and self._rng.random() < self._config.spoilt:
            return self._variants[1 + self._rng.integers(spoilt)]
        return self._variants[0]
