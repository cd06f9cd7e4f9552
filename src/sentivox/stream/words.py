"""Word times of an utterance, moved to the stream's audio clock."""

from collections.abc import Sequence
from typing import Final

from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.words import Word
from sentivox.types import SAMPLE_RATE
from sentivox.types import RecognisedWord as Heard

SHORTEST_MS: Final = 20
"""Shortest duration of a word, in milliseconds; less if the utterance is too short for that."""


def placed(words: Sequence[Heard], audio_start: int, start: int, end: int) -> list[Word]:
    """Move word times to the stream's clock, within the utterance and without overlap.

    Args:
        words: Words with times in seconds from `audio_start`.
        audio_start: Absolute sample number at which the recogniser's audio begins.
        start: Absolute sample number at which the utterance begins.
        end: Absolute sample number at which it ends.

    Returns:
        One word for each of `words`, in order, with times in seconds on the audio clock.
    """
    origin, first, last = (round(at * 1000 / SAMPLE_RATE) for at in (audio_start, start, end))
    shortest = min(SHORTEST_MS, (last - first) // max(1, len(words)))
    spans: list[tuple[int, int]] = []
    for word in words:
        begin = max(origin + round(word.start * 1000), first)
        spans.append((begin, max(origin + round(word.end * 1000), begin + shortest)))
        first = spans[-1][1]
    for i in reversed(range(len(spans))):  # move words that reach past the end back inside
        stop = min(spans[i][1], last)
        spans[i] = min(spans[i][0], stop - shortest), stop
        last = spans[i][0]
    return [
        Word(
            word=word.text,
            start=begin / 1000,
            end=stop / 1000,
            confidence=None if word.confidence is None else round(word.confidence, DIGITS),
        )
        for word, (begin, stop) in zip(words, spans, strict=True)
    ]
