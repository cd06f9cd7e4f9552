"""Compares transcripts with references: word and character errors."""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of one transcript, in words or characters.

    Attributes:
        wrong: Minimum number of insertions, deletions and substitutions (Levenshtein distance).
        said: Number of units in the reference.
    """

    wrong: int
    said: int


def words(text: str) -> list[str]:
    """Split a text into words for comparison: lower-case letters, digits and inner apostrophes.

    Punctuation is dropped, and hyphens separate words. Numbers stay as they are written.
    """
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("-", " ")
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)


def characters(text: str) -> list[str]:
    """Split a text into characters for comparison, normalised as by `words`, without spaces."""
    return [character for word in words(text) for character in word]


def word_errors(said: str, heard: str) -> Errors:
    """Count the word errors of the transcript `heard` against the reference `said`."""
    return errors(words(said), words(heard))


def character_errors(said: str, heard: str) -> Errors:
    """Count the character errors of the transcript `heard` against the reference `said`."""
    return errors(characters(said), characters(heard))


def errors(said: Sequence[Hashable], heard: Sequence[Hashable]) -> Errors:
    """Levenshtein distance of `heard` from the reference `said`, in units such as words."""
    row = list(range(len(heard) + 1))
    for i, unit in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (unit != other))
    return Errors(row[-1], len(said))


def error_rate(counts: Sequence[Errors]) -> float:
    """Errors per unit of the references, over all transcripts; insertions may take it above 1.

    If the references are empty, for example after dropping fillers, it is the number of errors.
    """
    return sum(c.wrong for c in counts) / max(1, sum(c.said for c in counts))
