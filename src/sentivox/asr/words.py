"""Word times: join an engine's timed pieces of text to words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sentivox.types import SAMPLE_RATE, BoolArray, Int16Array, RecognisedWord

LOUDNESS_FRAME: Final = SAMPLE_RATE // 100
"""Samples in a frame for which loudness is measured: 10 ms."""

QUIET_SHARE: Final = 0.25
"""Level below which a frame is quiet, as a share of the range in decibels from quiet to loud."""

MIN_WORD_FRAMES: Final = 3
"""Fewest loud frames in a word that is trimmed; a word with fewer keeps its times."""

_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Characters of Thai, Lao, Burmese, Khmer, Chinese and Japanese, written without word spaces."""

_WORD: Final = re.compile(rf"[^\w\s]*[{_UNSPACED}][^\w\s]*|[^\s{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class TokenPiece:
    """Some characters of a text as an engine writes them, with their times in seconds.

    Attributes:
        text: The characters, spaces included.
        start: When they begin.
        end: When they end.
        confidence: 0…1, or None if the engine reports none.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None

    def later(self, seconds: float) -> "TokenPiece":
        """Return the piece moved later by so many seconds."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)


def pieces_of(
    tokens: Sequence[str],
    starts: Sequence[float],
    confidences: Sequence[float] = (),
    *,
    end: float,
) -> list[TokenPiece]:
    """Make pieces from tokens whose ends are unknown: each lasts until the next one starts.

    Args:
        tokens: Tokens as sentencepiece writes them ("▁" for a space), or characters.
        starts: Start of each token in seconds.
        confidences: Confidence in each token, 0…1; empty if unknown.
        end: End of the audio in seconds.

    Returns:
        The pieces; none if there is not one start for each token.
    """
    if len(tokens) != len(starts):
        return []
    at = [*starts, end]
    sure = confidences if len(confidences) == len(tokens) else [None] * len(tokens)
    return [
        TokenPiece(token.replace("▁", " "), at[i], at[i + 1], sure[i])
        for i, token in enumerate(tokens)
    ]


def timed_words(text: str, pieces: Iterable[TokenPiece]) -> tuple[RecognisedWord, ...] | None:
    """Return the words of a text with their times; None if the pieces are not of this text.

    A word is what stands between spaces; in scripts without spaces, each character is one. The
    text must have as many letters as the pieces, but may differ in the letters, as in their case.
    """
    said = [(piece, letter) for piece in pieces for letter in piece.text if not letter.isspace()]
    if len(said) != sum(not letter.isspace() for letter in text):
        return None
    words: list[RecognisedWord] = []
    at = 0
    for found in _WORD.findall(text):
        words.append(_word(found, said[at : at + len(found)]))
        at += len(found)
    return tuple(words)


def trim_pauses(words: Iterable[RecognisedWord], audio: Int16Array) -> tuple[RecognisedWord, ...]:
    """Trim the pauses that an alignment adds to the words beside them.

    Args:
        words: With times in seconds of `audio`.
        audio: Mono int16 at 16 kHz.
    """
    quiet = _quiet(audio)
    return tuple(_tight(word, quiet) for word in words)


def _word(text: str, said: Sequence[tuple[TokenPiece, str]]) -> RecognisedWord:
    """Make a word from its letters and the pieces that they are from."""
    # Punctuation is silent: an alignment gives it the pause after the word.
    heard = [piece for piece, letter in said if letter.isalnum()] or [piece for piece, _ in said]
    sure = [piece.confidence for piece in heard if piece.confidence is not None]
    return RecognisedWord(
        text,
        min(piece.start for piece in heard),
        max(piece.end for piece in heard),
        sum(sure) / len(sure) if sure else None,
    )


def _quiet(audio: Int16Array) -> BoolArray:
    """Return which frames of `LOUDNESS_FRAME` samples are quiet, shape (frames,)."""
    frames = (
        audio[: len(audio) // LOUDNESS_FRAME * LOUDNESS_FRAME]
        .reshape(-1, LOUDNESS_FRAME)
        .astype(np.float32)
    )
    if not len(frames):
        return np.zeros(0, np.bool_)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1)
    smooth = np.convolve(level, np.full(3, 1 / 3), "same")
    low, high = np.quantile(smooth, (0.05, 0.95))
    return np.asarray(smooth < low + QUIET_SHARE * (high - low))


def _tight(word: RecognisedWord, quiet: BoolArray) -> RecognisedWord:
    """Move the times of a word to its first and last loud frame."""
    first, last = max(0, round(word.start * 100)), min(round(word.end * 100), len(quiet))
    loud = np.flatnonzero(~quiet[first:last])
    if len(loud) < MIN_WORD_FRAMES:
        return word
    start = word.start if loud[0] == 0 else (first + int(loud[0])) / 100
    end = word.end if first + loud[-1] + 1 == last else (first + int(loud[-1]) + 1) / 100
    return replace(word, start=start, end=end)
