"""Which words a text's sentiment rests on: how the score changes without each of them. Pure.

The text is scored once whole and once without each of its pieces. So an effect is that of a piece
where it stands: "not" turns the effect of "bad".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_PIECES: Final = 60
"""Most pieces of a text, as each costs a call of the model; longer texts fall into phrases."""

_HAN: Final = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_WORD: Final = re.compile(rf"{_HAN}|(?:(?!{_HAN})\w)+(?:['\u2019-]\w+)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or phrase of a text, as the characters [start, end)."""

    start: int
    end: int


def pieces(text: str, most: int = MOST_PIECES) -> list[Piece]:
    """The words of a text in order; phrases of as many words each, if there are more than `most`.

    A Han character counts as a word.
    """
    words = [Piece(*found.span()) for found in _WORD.finditer(text)]
    size = -(-len(words) // most)
    if size <= 1:
        return words
    phrases = [words[at : at + size] for at in range(0, len(words), size)]
    return [Piece(phrase[0].start, phrase[-1].end) for phrase in phrases]


def without(text: str, parts: Sequence[Piece]) -> list[str]:
    """The text without each of its pieces, one by one."""
    return [text[: part.start] + " " + text[part.end :] for part in parts]
