"""The words of an utterance on the stream's clock."""

from collections.abc import Sequence
from typing import Final

from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.words import Word
from sentivox.types import SAMPLE_RATE
from sentivox.types import HeardWord as Heard

SHORTEST_MS: Final = 20
"""A word lasts so long at least, where the utterance has room for it."""


def placed(words: Sequence[Heard], audio_start: int, start: int, end: int) -> list[Word]:
    """Words on the stream's clock, within their utterance, one after the other.

    Args:
        words: With times in seconds after `audio_start`.
        audio_start: Where the recogniser's audio begins, in samples of the stream.
        start: Where the utterance begins, in samples.
        end: Where it ends.
    """
    origin, first, last = (round(at * 1000 / SAMPLE_RATE) for at in (audio_start, start, end))
    shortest = min(SHORTEST_MS, (last - first) // max(1, len(words)))
    spans: list[tuple[int, int]] = []
    for word in words:
        begin = max(origin + round(word.start * 1000), first)
        spans.append((begin, max(origin + round(word.end * 1000), begin + shortest)))
        first = spans[-1][1]
    for i in reversed(range(len(spans))):  # what reached past the end is pushed back
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
