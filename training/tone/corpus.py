"""Labelled emotional speech: clips from `labels.csv`, and the folds of speakers for testing.

A corpus is a folder with a `labels.csv` whose columns include file, dataset, speaker, emotion.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentivox.types import EMOTIONS, Int16Array

FOLDS: tuple[tuple[int, ...], ...] = (
    (1, 4, 14, 15),
    (3, 6, 7, 13),
    (2, 5, 10, 11),
    (8, 12, 17, 18),
    (9, 16, 19, 20),
)
"""Numbers of the RAVDESS actors in each fold; a fold is tested together."""

HELD_BACK = 3
"""Fold of the actors that the shipped weights were not trained on, so that they can be tested."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and its label; `emotion` is an index into EMOTIONS."""

    path: Path
    corpus: str
    speaker: str
    emotion: int


def read_corpora(data: Path, names: Sequence[str]) -> list[Clip]:
    """Read all clips of the named corpora under `data`, in a fixed order.

    Raises:
        FileNotFoundError: A corpus has no labels.csv.
    """
    clips: list[Clip] = []
    for name in names:
        table = data / name / "labels.csv"
        if not table.is_file():
            raise FileNotFoundError(f"{table} is missing; see training/tone/README.md")
        with table.open(newline="", encoding="utf-8") as rows:
            clips += [
                Clip(
                    table.parent / row["file"], name, row["speaker"], EMOTIONS.index(row["emotion"])
                )
                for row in csv.DictReader(rows)
            ]
    return clips


def fold_speakers(fold: int) -> frozenset[str]:
    """Return the RAVDESS speakers of one fold, as `labels.csv` names them."""
    return frozenset(f"rav{actor:02d}" for actor in FOLDS[fold])


def to_int16(wave: np.ndarray) -> Int16Array:
    """Convert float samples, -1…1, to int16, clipping what is beyond."""
    return np.clip(np.round(wave * 32768), -32768, 32767).astype(np.int16)
