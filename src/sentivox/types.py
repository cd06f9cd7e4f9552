"""Plain data shared by every part: array types, label orders, transcripts and model scores.

This is the lowest module of the package: it imports NumPy and no other module of Sentivox.
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
"""Sample rate in Hz. All audio inside the core is mono int16 at this rate."""

SENTIMENTS: Final = ("negative", "neutral", "positive")
"""Sentiment labels, in the order of every sentiment vector."""

NO_EVIDENCE_PROBS: Final = (0.333, 0.334, 0.333)
"""Sentiment probabilities, shape (3,), of an input with nothing to judge.

Uniform, except that neutral is larger by 0.001 and so becomes the label.
"""

EMOTIONS: Final = (
    "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised",
)  # fmt: skip
"""Emotion labels (the eight of RAVDESS), in the order of every emotion vector."""


UNDETERMINED: Final = "und"
"""The BCP-47 tag of an undetermined language."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One hypothesis of what was said in an utterance.

    Attributes:
        text: The words.
        weight: Likelihood relative to the other hypotheses; need not be normalised.
    """

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class RecognisedWord:
    """A recognised word with its times.

    Attributes:
        text: The word, with attached punctuation.
        start: Start time, in seconds from the beginning of the audio given to the recogniser.
        end: End time, in seconds from the same origin.
        confidence: 0…1, or None when the engine has no usable measure.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The result of recognising one utterance.

    Attributes:
        text: The words; empty when nothing was recognised.
        language: BCP-47 primary tag of the words ("en", "zh"), or UNDETERMINED where the engine
            does not report it.
        confidence: 0…1, or None when the engine has no usable measure.
        rejected: Why the hallucination guard refused the words, or None. Rejected text is never
            scored.
        detected: Probability of `language`, 0…1, where the engine detected it; None where the
            language was given, the engine knows no other, or it reports no probability.
        emotion: The speaker's emotion, one of EMOTIONS, from engines that name one; it comes
            without a probability.
        events: Sounds other than words, such as "laughter", from engines that name them.
        alternatives: Other hypotheses, from engines that give them: likeliest first, each weight
            relative to 1 for `text`. Sentiment is averaged over `text` and all of them.
        words: The words of `text` with their times, if requested and supported by the engine;
            otherwise None.
        certain: The engine is sure enough of the words that no speech check is needed to accept
            them; see `sentivox.asr.guard`.
    """

    text: str
    language: str
    confidence: float | None = None
    rejected: str | None = None
    detected: float | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()
    alternatives: tuple[Hypothesis, ...] = ()
    words: tuple[RecognisedWord, ...] | None = None
    certain: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ToneScores:
    """An acoustic model's scores for one window or utterance.

    Attributes:
        sentiment: shape (3,), calibrated log-probabilities in the order of SENTIMENTS.
        emotions: shape (8,), probabilities in the order of EMOTIONS.
        novelty: Distance of the sound from the model's training data, where 1 is that of its
            strangest hundredth; None where the model does not tell.
    """

    sentiment: FloatArray
    emotions: FloatArray
    novelty: float | None = None


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """The speech classifier's score for one utterance.

    Attributes:
        probability: Probability that the utterance is speech and not some other sound, 0…1.
    """

    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Voiceprint:
    """The speaker model's voiceprint of one utterance.

    Attributes:
        embedding: Shape (dim,); only its direction matters, not its length.
    """

    embedding: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TextScores:
    """The text model's scores for one transcript.

    Attributes:
        sentiment: shape (3,), calibrated log-probabilities in the order of SENTIMENTS.
    """

    sentiment: FloatArray


def as_float(audio: Int16Array) -> FloatArray:
    """Convert int16 samples to float32 in the range -1…1, in the same shape."""
    return audio.astype(np.float32) / np.float32(32768)
