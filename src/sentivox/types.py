"""Plain data that every part shares: labels, array types, what was heard, what it scored.

This module stands at the bottom: it imports NumPy and nothing of ours.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Int16Array = NDArray[np.int16]
FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SAMPLE_RATE: Final = 16_000
"""Hz. Everything inside the core is mono int16 at this rate."""

SENTIMENTS: Final = ("negative", "neutral", "positive")
"""Order of every sentiment vector."""

UNDECIDED: Final = (0.333, 0.334, 0.333)
"""Where there is nothing to judge: all sentiments alike, but for the hair that says neutral."""

EMOTIONS: Final = (
    "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised",
)  # fmt: skip
"""Order of every emotion vector (RAVDESS's eight)."""


UNDETERMINED: Final = "und"
"""BCP-47's tag of a language that is not known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was said.

    Attributes:
        text: The words.
        weight: How likely they are, against another reading's.
    """

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word that an ASR engine heard.

    Attributes:
        text: The word, with the punctuation that belongs to it.
        start: Seconds after the beginning of the audio.
        end: The same of its end.
        confidence: 0…1, or None when the engine has no usable measure.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an ASR engine heard in one utterance.

    Attributes:
        text: The words; empty when nothing was understood.
        language: BCP-47 primary tag of the words ("en", "zh"), or UNDETERMINED where the engine
            does not tell.
        confidence: 0…1, or None when the engine has no usable measure.
        rejected: Why a guard refused the words, or None. A rejected text is never scored.
        detected: Probability of `language`, 0…1, where the engine had to find it out; None
            where it was told, knows no other, or does not tell.
        emotion: One of EMOTIONS, where the engine names the speaker's; without a probability.
        events: Sounds beside the words, such as "laughter", where the engine names them.
        alternatives: What else may have been said, where the engine tells: likeliest first, each
            weight against the 1 of `text`. The sentiment is taken over all of them.
        words: The words of `text` with their times, where they were asked for and the engine
            tells; else None.
        certain: Whether the engine is so sure of the words that nothing else need tell it that
            they are speech: see `sentivox.asr.guard`.
    """

    text: str
    language: str
    confidence: float | None = None
    rejected: str | None = None
    detected: float | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()
    alternatives: tuple[Reading, ...] = ()
    words: tuple[HeardWord, ...] | None = None
    certain: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ToneScores:
    """What the acoustic model says of one window.

    Attributes:
        sentiment: shape (3,), calibrated log-probabilities in the order of SENTIMENTS.
        emotions: shape (8,), probabilities in the order of EMOTIONS.
    """

    sentiment: FloatArray
    emotions: FloatArray


@dataclass(frozen=True, slots=True)
class Spoken:
    """Whether somebody speaks in an utterance, or something else sounds.

    Attributes:
        probability: That somebody does, 0…1.
    """

    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What the speaker model says of one utterance.

    Attributes:
        embedding: Shape (dim,), the voiceprint; only its direction counts.
    """

    embedding: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TextScores:
    """What the text model says of one transcript.

    Attributes:
        sentiment: shape (3,), calibrated log-probabilities in the order of SENTIMENTS.
    """

    sentiment: FloatArray


def as_float(audio: Int16Array) -> FloatArray:
    """Samples in -1…1."""
    return audio.astype(np.float32) / np.float32(32768)
