"""Sounds as the live model gets them, features of windows, and what it says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sentivox.tone.clips import window_bounds
from sentivox.tone.features import DIMS, features
from sentivox.tone.sentiment import ToneCalibration, sentiment_log_probs
from sentivox.types import EMOTIONS, FloatArray
from training.utterance_tone.corpus import Sounds


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The features of many clips in one array; indexing gives those of one clip.

    Attributes:
        frames: Shape (total frames, DIMS).
        starts: Shape (clips + 1,); clip i is frames[starts[i]:starts[i + 1]].
    """

    frames: FloatArray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, clip: int) -> FloatArray:
        return self.frames[self.starts[clip] : self.starts[clip + 1]]

    @classmethod
    def of(cls, clips: Sequence[FloatArray]) -> "Features":
        """Put the features of clips, (frames, DIMS) each, end to end."""
        return cls(np.concatenate(clips), np.cumsum([0, *map(len, clips)]))


def features_of(sounds: Sounds, file: Path) -> Features:
    """The features of all sounds, or what an earlier run left in the file."""
    if not file.exists():
        made = Features.of([features(sounds[i]) for i in range(len(sounds))])
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez(part, frames=made.frames, starts=made.starts)
        part.replace(file)
    with np.load(file) as held:
        return Features(held["frames"].reshape(-1, DIMS), held["starts"])


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a network says of the windows of some clips, as the server would cut them.

    Attributes:
        probs: Shape (windows, 8), of EMOTIONS.
        owner: Shape (windows,), the clip of each window, 0…clips-1.
        frames: Shape (windows,), the length of each window, which is its weight.
    """

    probs: FloatArray
    owner: np.ndarray
    frames: np.ndarray

    def log_probs(self, calibration: ToneCalibration) -> FloatArray:
        """Of whole clips, (clips, 3 + 8): means over their windows, weighted as in the server."""
        sentiments = np.exp(sentiment_log_probs(self.probs, calibration))
        weight = self.frames[:, None]
        total = np.zeros((int(self.owner.max()) + 1, sentiments.shape[1] + len(EMOTIONS)))
        np.add.at(total, self.owner, np.concatenate([sentiments, self.probs], axis=1) * weight)
        mean = total / np.bincount(self.owner, self.frames)[:, None]
        return np.log(np.maximum(mean, 1e-9)).astype(np.float32)


def score(nets: Sequence[nn.Module], clips: Sequence[FloatArray]) -> Scores:
    """Run networks on every window of some clips; their log-probabilities are averaged.

    Args:
        nets: In evaluation mode.
        clips: Features, (frames, DIMS) each.
    """
    spans = [(i, *bounds) for i, clip in enumerate(clips) for bounds in window_bounds(len(clip))]
    probs = np.empty((len(spans), len(EMOTIONS)), np.float32)
    lengths = np.array([stop - start for _, start, stop in spans])
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        for chunk in np.array_split(places, -(-len(places) // 256)):
            stack = np.stack([clips[i][start:stop] for i, start, stop in (spans[j] for j in chunk)])
            with torch.inference_mode():
                windows = torch.from_numpy(stack)
                said = torch.stack([net(windows).log_softmax(dim=1) for net in nets])
                probs[chunk] = said.mean(dim=0).softmax(dim=1).numpy()
    return Scores(probs, np.array([i for i, *_ in spans]), lengths)
