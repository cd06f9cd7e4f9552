"""Opinions of sources on the sentiment of utterances, and the quality of each opinion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sentivox.types import SENTIMENTS, BoolArray, DoubleArray, FloatArray

HALF_WORDS: Final = 2.0
"""Number of words at which the quality of a text opinion is half of that of a long text."""

HALF_SECONDS: Final = 1.0
"""Seconds of speech at which the quality of a tone opinion is half of that of a long utterance."""

UNKNOWN_CONFIDENCE: Final = 0.6
"""Confidence, 0…1, assumed for recognisers that give none."""

LEAST_CONFIDENCE: Final = 0.1
"""Floor of the confidence, so that even a doubtful transcript keeps some weight."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """The opinion of one source on one utterance.

    Attributes:
        source: Name of the source, such as "text", "tone" or "emotion"; key of the calibration.
        log_probs: Shape (3,), log-probabilities in the order of SENTIMENTS.
        quality: Reliability of the opinion, 0…1; scales its weight in fusion.
    """

    source: str
    log_probs: FloatArray
    quality: float = 1.0


def text_quality(confidence: float | None, words: int) -> float:
    """The quality, 0…1, of the opinion on a transcript.

    Args:
        confidence: The recogniser's confidence, 0…1; None where it gives none.
        words: Number of words.
    """
    sure = UNKNOWN_CONFIDENCE if confidence is None else confidence
    return max(sure, LEAST_CONFIDENCE) * words / (words + HALF_WORDS)


def tone_quality(seconds: float) -> float:
    """The quality, 0…1, of the opinion on the tone of so many seconds of speech."""
    return seconds / (seconds + HALF_SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class SourceOpinions:
    """The opinions of one source on n utterances.

    Attributes:
        log_probs: Shape (n, 3), log-probabilities; uniform where the source has no opinion.
        quality: Shape (n,), 0…1; 0 where it has none.
        present: Shape (n,), whether it has one.
    """

    log_probs: DoubleArray
    quality: DoubleArray
    present: BoolArray

    @classmethod
    def of(cls, opinions: Sequence[Opinion | None]) -> Self:
        """Stack opinions, one row per utterance; None where the source has no opinion."""
        silent = np.full(len(SENTIMENTS), -np.log(len(SENTIMENTS)))
        return cls(
            np.stack([silent if o is None else o.log_probs for o in opinions]).astype(np.float64),
            np.array([0.0 if o is None else o.quality for o in opinions]),
            np.array([o is not None for o in opinions]),
        )

    def take(self, rows: BoolArray) -> Self:
        """The utterances selected by a mask of shape (n,)."""
        return type(self)(self.log_probs[rows], self.quality[rows], self.present[rows])


Evidence = Mapping[str, SourceOpinions]
"""The opinions of all sources on the same n utterances, by name of the source."""


def evidence_of(utterances: Iterable[Sequence[Opinion]], sources: Sequence[str]) -> Evidence:
    """Convert the opinions on n utterances to arrays.

    Args:
        utterances: The opinions on each utterance: at most one per source, in any order.
        sources: Names of the sources to include, even if none of the opinions is of that source.
    """
    rows = [{opinion.source: opinion for opinion in opinions} for opinions in utterances]
    return {name: SourceOpinions.of([row.get(name) for row in rows]) for name in sources}


def take(evidence: Evidence, rows: BoolArray) -> Evidence:
    """The evidence on the utterances selected by a mask of shape (n,)."""
    return {name: opinions.take(rows) for name, opinions in evidence.items()}
