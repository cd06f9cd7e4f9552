"""The training mix: rows of the chosen sets, without anything that an evaluation set contains."""

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
    """How texts are compared, in words or in characters.

    Attributes:
        split: Splits a text into units.
        shingle: A row that shares so many consecutive units with a held-out text is left out.
        stock: Texts of at most so many units are stock phrases and never left out.
    """

    split: Callable[[str], Sequence[str]]
    shingle: int
    stock: int

    def shingles(self, text: str) -> Iterable[tuple[str, ...]]:
        """Return every run of ``shingle`` consecutive units."""
        units = self.split(text)
        return zip(*(units[start:] for start in range(self.shingle)), strict=False)


WORDS: Final = Units(unmarked, shingle=7, stock=3)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Texts of the evaluation sets, to recognise them when they occur in training data.

    Sets overlap: two of them transcribe the same television series, tweets are retweeted, phrase
    books repeat themselves. A row counts as held out if it equals a held-out text or shares a long
    run of units (seven words) with one. Stock replies ("oh my god") are allowed, because without
    them the most frequent speech would be missing from training.

    Attributes:
        texts: The held-out texts, as tuples of units.
        shingles: Their runs of units.
        units: How texts are compared.
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
        """Whether this normalised text repeats a held-out one."""
        units = tuple(self.units.split(text))
        if len(units) <= self.units.stock:
            return False
        return units in self.texts or any(s in self.shingles for s in self.units.shingles(text))


def held_out(folder: Path) -> HeldOut:
    """Index every held-out split with a file in the folder."""
    present = [(f, s) for f, s in HELD_OUT if (folder / f"{f}.tsv.gz").is_file()]
    return HeldOut.of(row.text for file, split in present for row in rows(folder, file, split))


def draw(source: Sequence[Row], recipe: Recipe, seed: int) -> list[Row]:
    """Draw a set's rows of the mix: at most ``recipe.caps`` of each class, each ``copies`` times.

    The same seed draws the same rows, whatever other sets are in the mix.
    """
    shuffled = [row for row in source if len(unmarked(row.text)) >= recipe.min_words]
    random.Random(f"{seed}-{recipe.file}").shuffle(shuffled)
    taken: list[Row] = []
    for label, cap in enumerate(recipe.caps):
        taken += [row for row in shuffled if row.label == label][:cap]
    return taken * recipe.copies


def build(folder: Path, recipes: Sequence[Recipe], seed: int) -> tuple[list[Row], dict[str, int]]:
    """Build the training mix.

    Returns:
        The rows, and for each set how many were left out because an evaluation set contains them.
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
