"""Features of every clip, computed once and cached on disk, outside the repository."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentivox.audio.highpass import CUTOFF_HZ
from sentivox.evaluation.work import read_audio
from sentivox.tone.clips import trim
from sentivox.tone.features import DIMS, FEATURES, features
from sentivox.types import FloatArray, Int16Array
from training.tone.corpus import Clip

Change = Callable[[Int16Array, np.random.Generator], Int16Array]
"""A change of audio (mono int16, 16 kHz), such as noise or a telephone line."""


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


def features_of(
    clips: Sequence[Clip], cache: Path, variant: str, change: Change | None = None
) -> Features:
    """Return the features of each clip, trimmed to its speech; computed only if not cached.

    Args:
        clips: The recordings.
        cache: Folder with one file for each variant and list of clips.
        variant: Name of `change`. It and the index of a clip give the random numbers.
        change: Changes the trimmed audio before its features are computed.
    """
    file = cache / f"{_key(clips, variant)}.npz"
    if not file.exists():
        rows = [_clip_features(clip, i, variant, change) for i, clip in enumerate(clips)]
        starts = np.cumsum([0] + [len(r) for r in rows])
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez(part, frames=np.concatenate(rows), starts=starts)
        part.replace(file)
    with np.load(file) as held:
        return Features(held["frames"].reshape(-1, DIMS), held["starts"])


def _clip_features(clip: Clip, place: int, variant: str, change: Change | None) -> FloatArray:
    pcm = trim(read_audio(clip.path))
    if change is not None:
        seed = int.from_bytes(hashlib.sha256(f"{variant} {place}".encode()).digest()[:8], "little")
        pcm = change(pcm, np.random.default_rng(seed))
    return features(pcm)


def _key(clips: Sequence[Clip], variant: str) -> str:
    said = json.dumps([FEATURES.as_dict(), CUTOFF_HZ, [str(c.path) for c in clips]])
    return f"{variant}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
