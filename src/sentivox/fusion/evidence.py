"""What the words and the voice say of utterances, and how much each deserves to be heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sentivox.types import SENTIMENTS, BoolArray, DoubleArray, FloatArray

# Half weight at these amounts of evidence; more brings the factor towards 1.
HALF_WORDS = 2.0
HALF_SECONDS = 1.0
# An engine that gives no confidence is trusted like a middling one.
UNKNOWN_CONFIDENCE = 0.6
# A text whose engine was all but sure to be wrong still says a little.
LEAST_CONFIDENCE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class TextEvidence:
    """The words' opinion: log-probabilities (3,), ASR confidence 0…1, number of words."""

    log_probs: FloatArray
    confidence: float | None
    words: int

    def quality(self) -> float:
        """How much the words deserve to be heard, above 0, at most 1."""
        confidence = UNKNOWN_CONFIDENCE if self.confidence is None else self.confidence
        return max(confidence, LEAST_CONFIDENCE) * self.words / (self.words + HALF_WORDS)


@dataclass(frozen=True, slots=True, eq=False)
class ToneEvidence:
    """The voice's opinion: log-probabilities (3,), seconds of speech behind it."""

    log_probs: FloatArray
    seconds: float

    def quality(self) -> float:
        """How much the voice deserves to be heard, above 0, at most 1."""
        return self.seconds / (self.seconds + HALF_SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class Modality:
    """One modality's opinions of n utterances.

    Attributes:
        log_probs: Shape (n, 3); where it has nothing to say, all classes are alike.
        quality: Shape (n,), 0…1.
        present: Shape (n,), whether it has something to say.
    """

    log_probs: DoubleArray
    quality: DoubleArray
    present: BoolArray

    @classmethod
    def of(cls, evidence: Sequence[TextEvidence | ToneEvidence | None]) -> Self:
        """One row an utterance; None where the modality is missing."""
        silent = np.full(len(SENTIMENTS), -np.log(len(SENTIMENTS)))
        return cls(
            np.stack([silent if e is None else e.log_probs for e in evidence]).astype(np.float64),
            np.array([0.0 if e is None else e.quality() for e in evidence]),
            np.array([e is not None for e in evidence]),
        )

    def take(self, rows: BoolArray) -> Self:
        """Some of the utterances."""
        return type(self)(self.log_probs[rows], self.quality[rows], self.present[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Both modalities' opinions of the same n utterances."""

    text: Modality
    tone: Modality

    @classmethod
    def of(
        cls, text: Sequence[TextEvidence | None], tone: Sequence[ToneEvidence | None]
    ) -> Self:  # fmt: skip
        """One row an utterance."""
        return cls(Modality.of(text), Modality.of(tone))

    def take(self, rows: BoolArray) -> Self:
        """Some of the utterances."""
        return type(self)(self.text.take(rows), self.tone.take(rows))
