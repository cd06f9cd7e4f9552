"""Figures of classifiers. Pure NumPy; the one place where they are computed.

A table is a confusion matrix: counts, shape (k, k), row is the truth, column the guess.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sentivox.types import SENTIMENTS

Ints = NDArray[np.integer]
Floats = NDArray[np.floating]

BINS: Final = 15
"""Of equal width, as Guo et al. 2017 (arXiv:1706.04599) count the calibration error."""

DRAWS: Final = 1000
"""Resamples behind an interval."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Guesses that were about equally sure: how sure on average, and how many were right.

    Attributes:
        n: Guesses in the bin.
        confidence: Their mean confidence, 0…1.
        accuracy: The share of them that is right.
    """

    n: int
    confidence: float
    accuracy: float


def confusion(truth: Ints, guess: Ints, classes: int) -> Ints:
    """Counts, shape (classes, classes): row is the truth, column the guess.

    Args:
        truth: shape (n,), class indices.
        guess: shape (n,), class indices.
        classes: how many there are.
    """
    pairs = np.asarray(truth, int) * classes + guess
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def recall(table: Ints) -> Floats:
    """Recall of each class, shape (k,); NaN where the class does not occur."""
    return _shares(np.diag(table), table.sum(axis=1))


def f1(table: Ints) -> Floats:
    """F1 of each class, shape (k,); NaN where it neither occurs nor is guessed."""
    return _shares(2 * np.diag(table), table.sum(axis=0) + table.sum(axis=1))


def uar(table: Ints) -> float:
    """Unweighted average recall over the classes that occur."""
    return float(np.nanmean(recall(table)))


def accuracy(table: Ints) -> float:
    """Share of right guesses."""
    return float(np.trace(table) / table.sum())


def macro_f1(table: Ints) -> float:
    """Mean F1 of the classes that occur or are guessed."""
    return float(np.nanmean(f1(table)))


def weighted_f1(table: Ints) -> float:
    """F1 of the classes, weighted by how often each occurs."""
    weights = table.sum(axis=1) / table.sum()
    return float(np.nansum(weights * f1(table)))


def reliability(confidence: Floats, right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """How sure and how right, in bins of equal width; empty bins are left out.

    Args:
        confidence: shape (n,), probability of the guess, 0…1.
        right: shape (n,), whether the guess is right.
        bins: how many.
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    sure = np.bincount(place, confidence, bins)
    hits = np.bincount(place, right, bins)
    return [Bin(int(n[b]), float(sure[b] / n[b]), float(hits[b] / n[b])) for b in np.flatnonzero(n)]


def ece(confidence: Floats, right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error: the mean gap between how sure and how right."""
    gaps = [b.n * abs(b.confidence - b.accuracy) for b in reliability(confidence, right, bins)]
    return float(sum(gaps) / len(confidence))


def log_loss(log_probs: Floats, truth: Ints) -> float:
    """Mean negative log-probability of the truth.

    Args:
        log_probs: shape (n, k), normalised.
        truth: shape (n,), class indices.
    """
    return -float(log_probs[np.arange(len(truth)), truth].mean())


def without_neutral(probs: Floats) -> Floats:
    """Sentiment probabilities (n, 3) with neutral ruled out, for data that know two classes."""
    polar = probs.copy()
    polar[:, SENTIMENTS.index("neutral")] = 0
    return polar / polar.sum(axis=1, keepdims=True)


def class_figures(probs: Floats, truth: Ints) -> dict[str, float]:
    """The usual figures of a classifier: accuracy, uar, macro_f1, weighted_f1, ece.

    Args:
        probs: shape (n, k); the guess is the likeliest class, its confidence its probability.
        truth: shape (n,), class indices.
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
    """95 % intervals of figures by the bootstrap (Efron 1979), always the same for the same data.

    With speakers, whole speakers are drawn: clips of one voice resemble each other, and drawing
    clips would claim more than so few voices can tell.

    Args:
        figures: From indices of examples, with repetition, to figures by name.
        n: Examples.
        speakers: Who speaks in each, or None to draw examples.
        draws: Resamples.
        seed: Of the random numbers.

    Returns:
        The 2.5th and the 97.5th percentile of each figure.
    """
    draw = _drawer(n, speakers, np.random.default_rng(seed))
    rows = [figures(draw()) for _ in range(draws)]
    return {
        name: tuple(np.percentile([row[name] for row in rows], (2.5, 97.5)).tolist())
        for name in rows[0]
    }


def _drawer(n: int, speakers: Sequence[str] | None, rng: np.random.Generator) -> Callable[[], Ints]:
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
