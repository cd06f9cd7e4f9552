"""The words of an utterance and when they were said."""

from collections.abc import Sequence

import msgspec


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word, when it was said, and how sure the recogniser is of it: None where it cannot tell.

    It may bear punctuation. In Chinese, and in other scripts without spaces, it is a character.
    """

    word: str
    start: float
    end: float
    confidence: float | None


def spelled(text: str, words: Sequence[Word]) -> list[tuple[str, Word]]:
    """Each word with what is before it in the text; empty where they are not of this text."""
    found: list[tuple[str, Word]] = []
    end = 0
    for word in words:
        at = text.find(word.word, end)
        if at < 0:
            return []
        found.append((text[end:at], word))
        end = at + len(word.word)
    return found
