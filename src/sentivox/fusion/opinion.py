"""What a source says of utterances, and how much it deserves to be heard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sentivox.types import SENTIMENTS, BoolArray, DoubleArray, FloatArray

HALF_WORDS: Final = 2.0
"""Words whose opinion counts for half of what many words' opinion does."""

HALF_SECONDS: Final = 1.0
"""Seconds of speech whose tone counts for half of what much speech's tone does."""

UNKNOWN_CONFIDENCE: Final = 0.6
"""A recogniser that gives no confidence is trusted like a middling one."""

LEAST_CONFIDENCE: Final = 0.1
"""A transcript whose recogniser was all but sure to be wrong still says a little."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What one source says of one utterance.

    Attributes:
        source: Its name, such as "text", "tone" or "emotion"; the calibration is keyed by it.
        log_probs: Shape (3,), log-probabilities in the order of SENTIMENTS.
        quality: How much it deserves to be heard, 0…1.
    """

    source: str
    log_probs: FloatArray
    quality: float = 1.0


def text_quality(confidence: float | None, words: int) -> float:
    """How much a transcript's sentiment deserves to be heard, above 0 and below 1.

    Args:
        confidence: The recogniser's, 0…1; None where it gives none.
        words: Their number.
    """
    sure = UNKNOWN_CONFIDENCE if confidence is None else confidence
    return max(sure, LEAST_CONFIDENCE) * words / (words + HALF_WORDS)


def tone_quality(seconds: float) -> float:
    """How much the tone of so many seconds of speech deserves to be heard, 0…1."""
    return seconds / (seconds + HALF_SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class SourceOpinions:
    """One source's opinions of n utterances.

    Attributes:
        log_probs: Shape (n, 3); where it has nothing to say, all classes are alike.
        quality: Shape (n,), 0…1.
        present: Shape (n,), whether it has something to say.
    """

    log_probs: DoubleArray
    quality: DoubleArray
    present: BoolArray

    @classmethod
    def of(cls, opinions: Sequence[Opinion | None]) -> Self:
        """One row an utterance; None where the source has nothing to say."""
        silent = np.full(len(SENTIMENTS), -np.log(len(SENTIMENTS)))
        return cls(
            np.stack([silent if o is None else o.log_probs for o in opinions]).astype(np.float64),
            np.array([0.0 if o is None else o.quality for o in opinions]),
            np.array([o is not None for o in opinions]),
        )

    def take(self, rows: BoolArray) -> Self:
        """Some of the utterances."""
        return type(self)(self.log_probs[rows], self.quality[rows], self.present[rows])


Evidence = Mapping[str, SourceOpinions]
"""All sources' opinions of the same n utterances, by the source's name."""


def evidence_of(utterances: Iterable[Sequence[Opinion]], sources: Sequence[str]) -> Evidence:
    """The opinions of utterances as arrays.

    Args:
        utterances: Of each, at most one opinion a source, in any order.
        sources: Which sources there are, though none of the utterances may have one's opinion.
    """
    rows = [{opinion.source: opinion for opinion in opinions} for opinions in utterances]
    return {name: SourceOpinions.of([row.get(name) for row in rows]) for name in sources}


def take(evidence: Evidence, rows: BoolArray) -> Evidence:
    """Some of the utterances, from every source."""
    return {name: opinions.take(rows) for name, opinions in evidence.items()}
