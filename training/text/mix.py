"""The training mix: rows of the chosen sets, less everything that the evaluation sets hold."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.text.corpora import Recipe, Row, rows
from training.text.noise import unmarked

# (file, split) pairs that are never trained on: what is reported, and what calibration uses.
HELD_OUT: Final = (
    ("sst2_glue", "dev"), ("sst2_glue", "test"), ("sst5", "dev"), ("sst5", "test"),
    ("meld", "dev"), ("meld", "test"),
    ("tweeteval_sentiment", "val"), ("tweeteval_sentiment", "test"), ("semeval2017_4a", "test"),
    ("goemotions", "dev"), ("goemotions", "test"),
    ("dailydialog", "dev"), ("dailydialog", "test"),
    ("emorynlp", "dev"), ("emorynlp", "test"),
    ("msctd_en", "dev"), ("msctd_en", "test"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Units:
    """What texts are compared in.

    Attributes:
        split: A text's units.
        shingle: So many in a row, shared with a held-out text, give it away.
        stock: Texts of so few are nobody's secret.
    """

    split: Callable[[str], Sequence[str]]
    shingle: int
    stock: int

    def shingles(self, text: str) -> Iterable[tuple[str, ...]]:
        """Every run of ``shingle`` units."""
        units = self.split(text)
        return zip(*(units[start:] for start in range(self.shingle)), strict=False)


WORDS: Final = Units(unmarked, shingle=7, stock=3)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Texts of the evaluation sets, to recognise them when they turn up in training data.

    Sets overlap: two of them transcribe the same television series, tweets are retweeted,
    phrase books repeat themselves. A row counts as seen when it is a held-out text or shares a
    long run of units (seven words) with one. Stock replies ("oh my god") are nobody's secret and
    are allowed, since forbidding them would hide the commonest speech.
    """

    texts: frozenset[tuple[str, ...]]
    shingles: frozenset[tuple[str, ...]]
    units: Units = WORDS

    @classmethod
    def of(cls, texts: Iterable[str], units: Units = WORDS) -> "HeldOut":
        """Index these normalised texts."""
        kept = frozenset(texts)
        shingles = frozenset(s for text in kept for s in units.shingles(text))
        return cls(frozenset(tuple(units.split(text)) for text in kept), shingles, units)

    def has(self, text: str) -> bool:
        """Whether this normalised text gives away a held-out one."""
        units = tuple(self.units.split(text))
        if len(units) <= self.units.stock:
            return False
        return units in self.texts or any(s in self.shingles for s in self.units.shingles(text))


def held_out(folder: Path) -> HeldOut:
    """Index of every held-out split whose file is in the folder."""
    present = [(f, s) for f, s in HELD_OUT if (folder / f"{f}.tsv.gz").is_file()]
    return HeldOut.of(row.text for file, split in present for row in rows(folder, file, split))


def draw(source: Sequence[Row], recipe: Recipe, seed: int) -> list[Row]:
    """Draw a set's share of the mix: at most ``recipe.caps`` rows a class, each ``copies`` times.

    The same seed draws the same rows, whatever other sets are in the mix.
    """
    shuffled = [row for row in source if len(unmarked(row.text)) >= recipe.min_words]
    random.Random(f"{seed}-{recipe.file}").shuffle(shuffled)
    taken: list[Row] = []
    for label, cap in enumerate(recipe.caps):
        taken += [row for row in shuffled if row.label == label][:cap]
    return taken * recipe.copies


def build(folder: Path, recipes: Sequence[Recipe], seed: int) -> tuple[list[Row], dict[str, int]]:
    """Put the mix together.

    Returns:
        The rows, and per set how many were dropped because an evaluation set holds them.
    """
    hidden = held_out(folder)
    mix: list[Row] = []
    dropped: dict[str, int] = {}
    for one in recipes:
        found = rows(folder, one.file, "train", one.trust)
        free = [row for row in found if not hidden.has(row.text)]
        dropped[one.file] = len(found) - len(free)
        mix += draw(free, one, seed)
    return mix, dropped
