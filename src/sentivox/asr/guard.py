"""A first guard against text that nobody said.

A refused text costs its utterance the text modality; single words are never judged ("no" and
"great" are whole answers).
"""

from sentivox.types import SAMPLE_RATE, Int16Array

MIN_SECONDS = 0.3
"""Shorter audio holds no word."""

MIN_SWING = 16
"""Between the lowest and the highest sample: below it (-72 dBFS) nobody speaks."""

MAX_WORDS_PER_SECOND = 7.0
"""Fast talkers reach 5 or 6 over an utterance; invented text has no such limit."""


def reject(text: str, audio: Int16Array) -> str | None:
    """Why `text` cannot be what `audio` (mono int16 at 16 kHz) says, or None."""
    seconds = len(audio) / SAMPLE_RATE
    if seconds < MIN_SECONDS:
        return "too_short"
    if int(audio.max()) - int(audio.min()) < MIN_SWING:
        return "silence"
    words = len(text.split())
    if words > 1 and words > MAX_WORDS_PER_SECOND * seconds:
        return "too_many_words"
    return None
