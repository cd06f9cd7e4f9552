"""Runs of digits in transcripts: written or spoken, one by one or in groups. Pure functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_WORDS: Final = {
    "zero": 0, "nought": 0, "oh": 0, "o": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "niner": 9,
}  # fmt: skip
_HAN: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "幺": 1}
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_INTERJECTIONS: Final = frozenset({"o", "oh"})
"""Words that are a digit among digits only."""

_LETTER: Final = r"[^\W\d_\u3040-\u9fff]"
"""A letter that would make a longer word; those of Chinese and Japanese stand beside words."""

_UNIT: Final = re.compile(
    rf"""(?P<number>(?<!\d)\d+)
    | (?<!{_LETTER})(?:(?P<times>(?ai:{"|".join(_TIMES)}))\s)?
      (?P<word>(?ai:{"|".join(_WORDS)}))(?!{_LETTER})
    | (?<!{_LETTER})(?P<repeat>(?ai:{"|".join(_TIMES)}))\s(?P<digit>\d)(?!\d)
    | (?P<han>[{"".join(_HAN)}])""",
    re.VERBOSE,
)
_IN_GROUPS: Final = re.compile(r"[\s()\-‐-―]{0,3}")
"""What may be between numbers that belong together, such as "(555) 123-4567"."""

_ONE_BY_ONE: Final = re.compile(r"\s?(?:[,;、，。]\s?|\.\s)")
"""What else may be between single digits, such as "4, 5, 6"."""

_DOTTED: Final = re.compile(r"(?<![\d.])\d{2,4}(?:\.\d{2,4}){2,}(?![\d.]*\d)")
"""Three groups or more with dots between them, such as "555.123.4567"."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A run of digits: characters [start, end) of a text.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        values: The digits, 0…9.
        count: How many of them there are without an "oh" at either end.
        grouped: Whether it is written in groups of several digits, as phone numbers are.
    """

    start: int
    end: int
    values: tuple[int, ...]
    count: int
    grouped: bool


@dataclass(frozen=True, slots=True)
class _Unit:
    """One number, or one digit as a word or a character."""

    start: int
    end: int
    values: tuple[int, ...]
    single: bool
    interjection: bool


def digits(text: str) -> Iterator[Digits]:
    """All runs of digits in a text, in order; most are short."""
    dotted = {i for m in _DOTTED.finditer(text) for i in range(m.start(), m.end())}
    run: list[_Unit] = []
    for unit in map(_unit, _UNIT.finditer(text)):
        if run and not _belongs(text, run[-1], unit, dotted):
            yield _run(run)
            run = []
        run.append(unit)
    if run:
        yield _run(run)


def _unit(match: re.Match[str]) -> _Unit:
    word = (match["word"] or "").lower()
    if match["number"]:
        values = tuple(map(int, match["number"]))
    elif word:
        values = (_WORDS[word],) * _TIMES.get((match["times"] or "").lower(), 1)
    elif match["digit"]:
        values = (int(match["digit"]),) * _TIMES[match["repeat"].lower()]
    else:
        values = (_HAN[match["han"]],)
    single = not match["number"] or len(values) == 1
    return _Unit(*match.span(), values, single, word in _INTERJECTIONS)


def _belongs(text: str, before: _Unit, after: _Unit, dotted: set[int]) -> bool:
    """Whether two successive units are parts of one number."""
    gap = text[before.end : after.start]
    if _IN_GROUPS.fullmatch(gap):
        return True
    if before.single and after.single:
        return _ONE_BY_ONE.fullmatch(gap) is not None
    if gap == "/":  # as in 030/123456, and not as in 24/7
        return min(len(before.values), len(after.values)) >= 3
    return gap == "." and before.end in dotted


def _run(units: list[_Unit]) -> Digits:
    values = tuple(value for unit in units for value in unit.values)
    real = [i for i, unit in enumerate(units) if not unit.interjection]
    inner = units[real[0] : real[-1] + 1] if real else []
    return Digits(
        start=units[0].start,
        end=units[-1].end,
        values=values,
        count=sum(len(unit.values) for unit in inner),
        grouped=any(not a.single or not b.single for a, b in pairwise(units)),
    )
