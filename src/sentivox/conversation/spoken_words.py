"""Figures of what was said: questions asked, words a minute. Pure functions of transcripts."""

import re
from collections.abc import Iterable
from typing import Final

from sentivox.protocol.events import Utterance

_QUESTION: Final = re.compile(r"[?？؟]+|[吗嗎](?!\s*[?？啡])")
"""A question mark, or the particle that ends a question in Chinese, which recognisers often leave
without a mark; not the 吗 of 吗啡, morphine."""

_PUNCTUATION: Final = re.compile(r"[.,!;:。，！；、…？?؟]|[吗嗎]")
"""What shows that a recogniser would write a question mark."""

_CHARACTER: Final = re.compile(
    "[\u3040-\u309f\u30a0-\u30fa\u30fd-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U000323af]"
)
"""Han characters and kana, which are written without spaces: each counts as a word."""


def questions(utterances: Iterable[Utterance]) -> int | None:
    """The number of questions, by their question marks and the Chinese particle 吗.

    Returns:
        The number; None without words, or if they have no punctuation at all, since the recogniser
        then writes none and questions cannot be told.
    """
    texts = [u.transcript for u in utterances if u.transcript]
    if not any(_PUNCTUATION.search(text) for text in texts):
        return None
    return sum(len(_QUESTION.findall(text)) for text in texts)


def words_per_minute(utterances: Iterable[Utterance]) -> float | None:
    """Words over the time of the utterances that have any; a Chinese character counts as a word.

    None if there are no words.
    """
    worded = [(u, count) for u in utterances if (count := count_words(u.transcript or ""))]
    seconds = sum(u.end - u.start for u, _ in worded)
    return round(60 * sum(count for _, count in worded) / seconds, 1) if seconds > 0 else None


def count_words(text: str) -> int:
    """The number of words separated by spaces, and of Chinese and Japanese characters."""
    apart, characters = _CHARACTER.subn(" ", text)
    return characters + sum(any(map(str.isalnum, word)) for word in apart.split())
