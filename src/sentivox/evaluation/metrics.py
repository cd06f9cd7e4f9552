"""Metrics of classifiers, in pure NumPy.

A `table` is a confusion matrix: counts, shape (k, k), with true classes as rows and predicted
classes as columns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sentivox.types import SENTIMENTS

Ints = NDArray[np.integer]
Floats = NDArray[np.floating]

SURE: Final = 0.8
"""Confidence from which a prediction counts as sure."""

LEVELS: Final = (0.5, 0.6, 0.7, SURE, 0.9)
"""Levels of confidence at which the accuracy is reported."""

CALIBRATION_BINS: Final = 15
"""Bins of equal width for the calibration error, as in Guo et al. 2017 (arXiv:1706.04599)."""

DRAWS: Final = 1000
"""Bootstrap resamples per interval."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar confidence.

    Attributes:
        n: Predictions in the bin.
        confidence: Their mean confidence, 0…1.
        accuracy: The share of them that is correct, 0…1.
    """

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class AtConfidence:
    """The predictions of at least some confidence.

    Attributes:
        confidence: The lowest confidence, 0…1.
        n: Number of such predictions.
        coverage: Their share of all predictions, 0…1.
        accuracy: The share of them that is correct, 0…1; None if there are none.
    """

    confidence: float
    n: int
    coverage: float
    accuracy: float | None


def confusion(truth: Ints, guess: Ints, classes: int) -> Ints:
    """The confusion matrix, shape (classes, classes): true classes are rows.

    Args:
        truth: Shape (n,), indices of the true classes.
        guess: Shape (n,), indices of the predicted classes.
        classes: Number of classes.
    """
    pairs = np.asarray(truth, int) * classes + guess
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def recall(table: Ints) -> Floats:
    """Recall of each class, shape (k,); NaN for a class that does not occur."""
    return _shares(np.diag(table), table.sum(axis=1))


def f1(table: Ints) -> Floats:
    """F1 of each class, shape (k,); NaN for a class that neither occurs nor is predicted."""
    return _shares(2 * np.diag(table), table.sum(axis=0) + table.sum(axis=1))


def uar(table: Ints) -> float:
    """Unweighted average recall over the classes that occur."""
    return float(np.nanmean(recall(table)))


def accuracy(table: Ints) -> float:
    """Share of correct predictions."""
    return float(np.trace(table) / table.sum())


def macro_f1(table: Ints) -> float:
    """Mean F1 of the classes that occur or are predicted."""
    return float(np.nanmean(f1(table)))


def weighted_f1(table: Ints) -> float:
    """Mean F1 of the classes, weighted by how often each occurs."""
    weights = table.sum(axis=1) / table.sum()
    return float(np.nansum(weights * f1(table)))


def reliability(
    confidence: Floats, right: NDArray[np.bool_], bins: int = CALIBRATION_BINS
) -> list[Bin]:
    """Confidence and accuracy in bins of equal width; empty bins are left out.

    Args:
        confidence: Shape (n,), probability of the predicted class, 0…1.
        right: Shape (n,), whether the prediction is correct.
        bins: Number of bins.
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    sure = np.bincount(place, confidence, bins)
    hits = np.bincount(place, right, bins)
    return [Bin(int(n[b]), float(sure[b] / n[b]), float(hits[b] / n[b])) for b in np.flatnonzero(n)]


def ece(confidence: Floats, right: NDArray[np.bool_], bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy of the bins.

    The arguments are those of `reliability`.
    """
    gaps = [b.n * abs(b.confidence - b.accuracy) for b in reliability(confidence, right, bins)]
    return float(sum(gaps) / len(confidence))


def at_confidence(
    confidence: Floats, right: NDArray[np.bool_], levels: Sequence[float] = LEVELS
) -> list[AtConfidence]:
    """Coverage and accuracy of the predictions that are at least so sure, for each level.

    They are the coverage and the selective accuracy of El-Yaniv and Wiener 2010, "On the
    foundations of noise-free selective classification", JMLR 11.

    Args:
        confidence: Shape (n,), probability of the predicted class, 0…1; n at least 1.
        right: Shape (n,), whether the prediction is correct.
        levels: The lowest confidences.
    """
    kept = [confidence >= level for level in levels]
    return [
        AtConfidence(
            level,
            int(rows.sum()),
            float(rows.mean()),
            float(right[rows].mean()) if rows.any() else None,
        )
        for level, rows in zip(levels, kept, strict=True)
    ]


def log_loss(log_probs: Floats, truth: Ints) -> float:
    """Mean negative log-probability of the true class, in nats.

    Args:
        log_probs: Shape (n, k), normalised log-probabilities.
        truth: Shape (n,), indices of the true classes.
    """
    return -float(log_probs[np.arange(len(truth)), truth].mean())


def without_neutral(probs: Floats) -> Floats:
    """Sentiment probabilities (n, 3) with neutral set to 0, for data that have two classes."""
    polar = probs.copy()
    polar[:, SENTIMENTS.index("neutral")] = 0
    return polar / polar.sum(axis=1, keepdims=True)


def class_figures(probs: Floats, truth: Ints) -> dict[str, float]:
    """The metrics of a classifier: uar, accuracy, macro_f1, weighted_f1 and ece.

    Args:
        probs: Shape (n, k); the most probable class is the prediction, its probability the
            confidence.
        truth: Shape (n,), indices of the true classes.
    """
    guess = probs.argmax(axis=1)
    table = confusion(truth, guess, probs.shape[1])
    return {
        "uar": uar(table),
        "accuracy": accuracy(table),
        "macro_f1": macro_f1(table),
        "weighted_f1": weighted_f1(table),
        "ece": ece(probs.max(axis=1), guess == truth),
    }


def intervals(
    figures: Callable[[Ints], Mapping[str, float]],
    n: int,
    speakers: Sequence[str] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95 % confidence intervals of metrics by the bootstrap (Efron 1979), deterministic.

    If speakers are given, whole speakers are resampled. Clips of one speaker resemble each other,
    so resampling clips would give intervals that are too narrow.

    Args:
        figures: Computes metrics by name from indices of examples, with repetition.
        n: Number of examples.
        speakers: Speaker of each example, or None to resample examples.
        draws: Number of resamples.
        seed: Seed of the random numbers.

    Returns:
        The 2.5th and the 97.5th percentile of each metric, over the resamples that have it.
    """
    draw = _drawer(n, speakers, np.random.default_rng(seed))
    rows = [figures(draw()) for _ in range(draws)]
    return {
        name: tuple(np.percentile([row[name] for row in rows if name in row], (2.5, 97.5)).tolist())
        for name in dict.fromkeys(name for row in rows for name in row)
    }


def _drawer(n: int, speakers: Sequence[str] | None, rng: np.random.Generator) -> Callable[[], Ints]:
    """A function that draws indices of examples with repetition, by example or by speaker."""
    if speakers is None:
        return lambda: rng.integers(0, n, n)
    who = np.asarray(speakers)
    voices = [np.flatnonzero(who == name) for name in np.unique(who).tolist()]

    def draw() -> Ints:
        drawn: list[int] = rng.integers(0, len(voices), len(voices)).tolist()
        return np.concatenate([voices[i] for i in drawn])

    return draw


def _shares(part: ArrayLike, whole: Ints) -> Floats:
    return np.where(whole > 0, np.asarray(part) / np.maximum(whole, 1), np.nan)
