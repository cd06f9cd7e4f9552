"""The words of an utterance with their times."""

from collections.abc import Sequence

import msgspec


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word with its times in seconds on the audio clock and its confidence, 0…1.

    `confidence` is None if the recogniser gives none. A word may carry punctuation. In Chinese, and
    in other scripts without spaces, a word is a character.
    """

    word: str
    start: float
    end: float
    confidence: float | None


def with_preceding_text(text: str, words: Sequence[Word]) -> list[tuple[str, Word]]:
    """Each word with the text between it and the word before.

    Args:
        text: The transcript.
        words: Its words, in order.

    Returns:
        (text before the word, word) for each word; empty if the words do not match the text.
    """
    found: list[tuple[str, Word]] = []
    end = 0
    for word in words:
        at = text.find(word.word, end)
        if at < 0:
            return []
        found.append((text[end:at], word))
        end = at + len(word.word)
    return found
