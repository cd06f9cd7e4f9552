"""When each word was said: from an engine's pieces of text with times to words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sentivox.types import SAMPLE_RATE, BoolArray, HeardWord, Int16Array

HOP: Final = SAMPLE_RATE // 100
"""Samples of a frame whose loudness is looked at: 10 ms."""

QUIET: Final = 0.25
"""A frame is quiet up to this share of the way, in decibels, from the quietest to the loudest."""

SHORTEST: Final = 3
"""Frames of a word that stay, however quiet they are."""

_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Chinese and Japanese, which put no spaces between words."""

_WORD: Final = re.compile(rf"[^\w\s]*[{_UNSPACED}][^\w\s]*|[^\s{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class TokenPiece:
    """Some characters of a text, as an engine writes them, and when they were said, in seconds."""

    text: str
    start: float
    end: float
    confidence: float | None = None

    def later(self, seconds: float) -> "TokenPiece":
        """The same so much later."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)


def pieces_of(
    tokens: Sequence[str],
    starts: Sequence[float],
    confidences: Sequence[float] = (),
    *,
    end: float,
) -> list[TokenPiece]:
    """Pieces of tokens of which only the starts are known: each lasts until the next one's.

    Args:
        tokens: As sentencepiece writes them, or characters.
        starts: Of each, in seconds.
        confidences: Of each, 0…1; empty where they are not known.
        end: When that audio ends, in seconds.
    """
    if len(tokens) != len(starts):
        return []
    at = [*starts, end]
    sure = confidences if len(confidences) == len(tokens) else [None] * len(tokens)
    return [
        TokenPiece(token.replace("▁", " "), at[i], at[i + 1], sure[i])
        for i, token in enumerate(tokens)
    ]


def words_of(text: str, pieces: Iterable[TokenPiece]) -> tuple[HeardWord, ...] | None:
    """The words of a text with their times, in order; None where the pieces are not of this text.

    A word is what stands between spaces; in scripts without spaces it is a character. The text
    may have been rewritten letter by letter since, as by lower case.
    """
    said = [(piece, letter) for piece in pieces for letter in piece.text if not letter.isspace()]
    if len(said) != sum(not letter.isspace() for letter in text):
        return None
    words: list[HeardWord] = []
    at = 0
    for found in _WORD.findall(text):
        words.append(_word(found, said[at : at + len(found)]))
        at += len(found)
    return tuple(words)


def tightened(words: Iterable[HeardWord], audio: Int16Array) -> tuple[HeardWord, ...]:
    """The words without the pauses that an alignment counts to one of its neighbours.

    Args:
        words: With times in seconds of `audio`.
        audio: Mono int16 at 16 kHz.
    """
    quiet = _quiet(audio)
    return tuple(_tight(word, quiet) for word in words)


def _word(text: str, said: Sequence[tuple[TokenPiece, str]]) -> HeardWord:
    # Punctuation is not heard: an alignment gives it the pause after the word.
    heard = [piece for piece, letter in said if letter.isalnum()] or [piece for piece, _ in said]
    sure = [piece.confidence for piece in heard if piece.confidence is not None]
    return HeardWord(
        text,
        min(piece.start for piece in heard),
        max(piece.end for piece in heard),
        sum(sure) / len(sure) if sure else None,
    )


def _quiet(audio: Int16Array) -> BoolArray:
    """Which frames are, shape (frames,)."""
    frames = audio[: len(audio) // HOP * HOP].reshape(-1, HOP).astype(np.float32)
    if not len(frames):
        return np.zeros(0, np.bool_)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1)
    smooth = np.convolve(level, np.full(3, 1 / 3), "same")
    low, high = np.quantile(smooth, (0.05, 0.95))
    return np.asarray(smooth < low + QUIET * (high - low))


def _tight(word: HeardWord, quiet: BoolArray) -> HeardWord:
    first, last = max(0, round(word.start * 100)), min(round(word.end * 100), len(quiet))
    loud = np.flatnonzero(~quiet[first:last])
    if len(loud) < SHORTEST:
        return word
    start = word.start if loud[0] == 0 else (first + int(loud[0])) / 100
    end = word.end if first + loud[-1] + 1 == last else (first + int(loud[-1]) + 1) / 100
    return replace(word, start=start, end=end)
