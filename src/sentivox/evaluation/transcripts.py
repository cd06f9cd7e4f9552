"""Transcripts against what was said: how texts are compared, and how many words are wrong."""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Errors:
    """What one transcript got wrong.

    Attributes:
        wrong: Least number of insertions, deletions and substitutions (Levenshtein).
        said: Units in the reference.
    """

    wrong: int
    said: int


def words(text: str) -> list[str]:
    """Words as they are compared: lower case, letters, digits and inner apostrophes.

    Case, punctuation and hyphens make no difference; numbers stay as they are written.
    """
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("-", " ")
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)


def characters(text: str) -> list[str]:
    """Characters as they are compared where words are not spaced: the same without spaces."""
    return [character for word in words(text) for character in word]


def word_errors(said: str, heard: str) -> Errors:
    """Words that are wrong, of those that were said."""
    return errors(words(said), words(heard))


def character_errors(said: str, heard: str) -> Errors:
    """Characters that are wrong, of those that were said: the measure for Chinese."""
    return errors(characters(said), characters(heard))


def errors(said: Sequence[Hashable], heard: Sequence[Hashable]) -> Errors:
    """Levenshtein distance in units, by dynamic programming over one row."""
    row = list(range(len(heard) + 1))
    for i, unit in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (unit != other))
    return Errors(row[-1], len(said))


def error_rate(counts: Sequence[Errors]) -> float:
    """Errors per unit said, over all transcripts: 0 is perfect, above 1 is possible.

    Where nothing was said, as of a filler that does not count, each error counts as one whole.
    """
    return sum(c.wrong for c in counts) / max(1, sum(c.said for c in counts))
