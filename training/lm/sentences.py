"""Sentences that people say to each other, as the recogniser's words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from sentivox.text.normalise import normalise
from training.text.corpora import records

SETS: Final = (
    "meld", "emorynlp", "dailydialog", "msctd_en", "goemotions", "xed_en", "mustard_sarcasm",
)  # fmt: skip
"""Dialogue, subtitles and comments; their licences are in `training.text.corpora.RECIPES`, but
for MUStARD's: MIT, subtitles for research."""

HELD_OUT: Final = ("meld", "dailydialog", "msctd_en")
"""Sets whose test split says how good a model is."""

OUT: Final = -1
"""A word that is not in the vocabulary."""


def sentences(folder: Path, names: Iterable[str], split: str) -> Iterator[list[str]]:
    """One split of several sets, each row as its lower-case words; empty rows are left out."""
    for name in names:
        for record in records(folder, name):
            words = normalise(record["text"]).split() if record["split"] == split else []
            if words:
                yield words


def new_words(said: Sequence[list[str]], known: Iterable[str], spoken: Iterable[str]) -> list[str]:
    """Words said more than once that the stock model lacks and the dictionary can pronounce."""
    counts = Counter(word for sentence in said for word in sentence)
    candidates = set(spoken) - set(known)
    return sorted(word for word, count in counts.items() if count > 1 and word in candidates)


def pronounced(dictionary: Path) -> Iterator[str]:
    """The words of a CMU pronouncing dictionary, without the marks of variants."""
    with dictionary.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.split(maxsplit=1)[0].partition("(")[0]


def indexed(said: Iterable[list[str]], words: Sequence[str]) -> list[list[int]]:
    """Each word as its place in `words`, or OUT."""
    places = {word: i for i, word in enumerate(words)}
    return [[places.get(word, OUT) for word in sentence] for sentence in said]
