"""Labelled emotional speech: which clips there are, who speaks, and their sound."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from sentivox.evaluation.work import read_audio
from sentivox.tone.clips import trim
from sentivox.tone.sentiment import SENTIMENT_OF
from sentivox.types import EMOTIONS, SENTIMENTS, Int16Array

CORPORA: Final = (
    "ravdess", "tess", "nemo", "ased", "emospeech", "emovo", "zhsent", "banglaser",
)  # fmt: skip
UNKNOWN: Final = -1
"""In place of an emotion or a sentiment that a clip has no label of."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and its labels.

    Attributes:
        path: Of the recording.
        corpus: Which set it is of.
        speaker: Who speaks; unique over all sets.
        gender: "female", "male", or empty.
        emotion: Index into EMOTIONS, or UNKNOWN.
        sentiment: Index into SENTIMENTS; UNKNOWN for surprise, which may be either.
    """

    path: Path
    corpus: str
    speaker: str
    gender: str
    emotion: int
    sentiment: int


def read_clips(data: Path, corpora: Sequence[str] = CORPORA) -> list[Clip]:
    """The clips of some corpora, each a folder under `data` with a `labels.csv`, in a fixed order.

    Raises:
        FileNotFoundError: A corpus has no labels.csv.
        ValueError: A label is neither an emotion nor a sentiment.
    """
    clips: list[Clip] = []
    for corpus in corpora:
        table = data / corpus / "labels.csv"
        with table.open(newline="", encoding="utf-8") as rows:
            clips += [_clip(table.parent, corpus, row) for row in csv.DictReader(rows)]
    return clips


def _clip(folder: Path, corpus: str, row: dict[str, str]) -> Clip:
    label = row["emotion"]
    if label not in EMOTIONS and label not in SENTIMENTS:
        raise ValueError(f"{folder.name}: {label} is no label")
    sentiment = label if label in SENTIMENTS else SENTIMENT_OF.get(label)
    return Clip(
        path=folder / row["file"],
        corpus=corpus,
        speaker=f"{corpus}/{row['speaker'] or row['file']}",
        gender=row["gender"],
        emotion=EMOTIONS.index(label) if label in EMOTIONS else UNKNOWN,
        sentiment=UNKNOWN if sentiment is None else SENTIMENTS.index(sentiment),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """The speech of many clips, end to end.

    Attributes:
        samples: Shape (all samples,), mono int16 at 16 kHz.
        starts: Shape (clips + 1,); clip i is samples[starts[i]:starts[i + 1]].
    """

    samples: Int16Array
    starts: np.ndarray

    @classmethod
    def of(cls, clips: Sequence[Int16Array]) -> Self:
        """Put clips end to end."""
        return cls(np.concatenate(clips), np.cumsum([0, *map(len, clips)]))

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(file) as held:
            return cls(held["samples"], held["starts"])

    def save(self, file: Path) -> None:
        """Write to a file, which appears only once it is whole."""
        part = file.with_suffix(".part.npz")
        np.savez(part, samples=self.samples, starts=self.starts)
        part.replace(file)

    def __len__(self) -> int:
        """The number of clips."""
        return len(self.starts) - 1

    def __getitem__(self, clip: int) -> Int16Array:
        """The samples of one clip, shape (n,)."""
        return self.samples[self.starts[clip] : self.starts[clip + 1]]


def load_sounds(clips: Sequence[Clip], file: Path) -> Sounds:
    """The part of each clip that speaks, decoded once and kept in a file.

    Raises:
        ValueError: The file is of another list of clips.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        Sounds.of([trim(read_audio(clip.path)) for clip in clips]).save(file)
    sounds = Sounds.load(file)
    if len(sounds) != len(clips):
        raise ValueError(f"{file} is of other clips: delete it")
    return sounds
