"""Deepgram's names for what this server knows, in live streams and of recordings."""

import string
from typing import Any, Final

from sentivox._version import __version__
from sentivox.protocol.events import Utterance
from sentivox.protocol.words import Word

MODEL: Final = {"name": "sentivox", "version": __version__, "arch": "sentivox"}

_CUT: Final = 1 / 3
"""Scores beyond this are positive, and below the opposite negative."""


def feeling(score: float | None) -> dict[str, Any]:
    """Sentiment as Deepgram names it; nothing where there is none."""
    if score is None:
        return {}
    label = "positive" if score > _CUT else "negative" if score < -_CUT else "neutral"
    return {"sentiment": label, "sentiment_score": score}


def word_of(word: Word, said: Utterance) -> dict[str, Any]:
    """A word of an utterance, with the utterance's sentiment."""
    return {
        "word": _bare(word.word),
        "punctuated_word": word.word,
        "start": word.start,
        "end": word.end,
        "confidence": word.confidence or 0.0,
        **_speaker(said.speaker),
        **feeling(said.fused_score),
    }


def _speaker(name: str | None) -> dict[str, Any]:
    """The number of a speaker who has no name: 0 for S1."""
    number = (name or "").removeprefix("S")
    return {"speaker": int(number) - 1} if number.isascii() and number.isdigit() else {}


def _bare(word: str) -> str:
    """A word as it is without punctuation: in lower case, and letters and digits at both ends."""
    kept = word.strip(string.punctuation + "，。！？；：、…“”‘’").lower()
    return kept or word
