"""Chooses a rule of fusion by cross-validation: voices are left out whole, never clips of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.evaluation.fit import (
    Fitter,
    Labelled,
    fit_logistic,
    fit_loglinear,
    fit_modalities,
    fit_temperatures,
    keep_default,
)
from sentivox.evaluation.metrics import class_figures, log_loss
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all
from sentivox.fusion.opinion import take
from sentivox.types import BoolArray, DoubleArray, IntArray

FOLDS: Final = 5
DEFAULT: Final = "default"
FITTERS: Final[dict[str, Fitter]] = {
    DEFAULT: keep_default,
    "temperatures": fit_temperatures,
    "biases": fit_modalities,
    "loglinear": fit_loglinear,
    "logistic": fit_logistic,
}
"""What there is to choose from, the simplest first."""

UAR_LOSS: Final = 0.01
"""A rule may cost so much UAR: noise, where it makes probabilities truer."""


@dataclass(frozen=True, slots=True, eq=False)
class FittingTrial:
    """How a rule fares on voices that it was not fitted to.

    Attributes:
        log_probs: Shape (n, 3), of each utterance by a fit without its voice.
        figures: uar, log_loss, ece, accuracy over all utterances.
        by_fold: Shape (folds,) of each of these figures.
    """

    log_probs: DoubleArray
    figures: dict[str, float]
    by_fold: dict[str, DoubleArray]

    def spread(self, name: str) -> float:
        """Standard deviation of a figure over the folds."""
        return float(self.by_fold[name].std(ddof=1))


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule that is taken, fitted to all the data, and the trials it was chosen by."""

    name: str
    calibration: Calibration
    trials: Mapping[str, FittingTrial]
    beats_default: bool


def folds(data: Labelled, most: int = FOLDS) -> list[BoolArray]:
    """Which utterances are left out, fold by fold: whole groups, about equally many in each.

    Groups of one utterance each are dealt out class by class.
    """
    names, first, sizes = np.unique(data.groups, return_index=True, return_counts=True)
    count = min(most, len(names))
    load = np.zeros(count, int)
    fold_of: dict[int, int] = {}
    for i in np.lexsort((data.labels[first], -sizes)):
        lightest = int(load.argmin())
        fold_of[int(names[i])] = lightest
        load[lightest] += sizes[i]
    dealt = np.array([fold_of[int(group)] for group in data.groups])
    return [dealt == fold for fold in range(count)]


def cross_validate(data: Labelled, fit: Fitter, most: int = FOLDS) -> FittingTrial:
    """Fit without each fold in turn, and judge that fold."""
    log_probs = np.empty((len(data.labels), 3))
    parts = folds(data, most)
    for out in parts:
        log_probs[out] = fuse_all(take(data.evidence, out), fit(data.take(~out)))
    return judge(log_probs, data.labels, parts)


def judge(log_probs: DoubleArray, labels: IntArray, parts: Sequence[BoolArray]) -> FittingTrial:
    """Figures of log-probabilities (n, 3), over all and in each of the parts."""
    by_fold = [figures_of(log_probs[out], labels[out]) for out in parts]
    return FittingTrial(
        log_probs=log_probs,
        figures=figures_of(log_probs, labels),
        by_fold={name: np.array([f[name] for f in by_fold]) for name in by_fold[0]},
    )


def choose(data: Labelled, *, force: bool = False) -> Choice:
    """The rule with the lowest cross-validated log-loss that beats the default, or the default.

    Args:
        data: At least two groups.
        force: Take the best of the fitted rules though none beats the default.
    """
    trials = {name: cross_validate(data, fit) for name, fit in FITTERS.items()}
    better = [name for name in trials if beats(trials[name], trials[DEFAULT])]
    allowed = better or ([name for name in trials if name != DEFAULT] if force else [DEFAULT])
    name = min(allowed, key=lambda name: trials[name].figures["log_loss"])
    return Choice(name, FITTERS[name](data), trials, beats_default=bool(better))


def beats(trial: FittingTrial, default: FittingTrial) -> bool:
    """Whether it is better beyond chance, and gives no UAR away.

    Its log-loss has to be lower by more than the standard error of the difference over the folds.
    """
    gains = default.by_fold["log_loss"] - trial.by_fold["log_loss"]
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    lost = default.figures["uar"] - trial.figures["uar"]
    return bool(gains.mean() > error and lost <= UAR_LOSS)


def figures_of(log_probs: DoubleArray, labels: IntArray) -> dict[str, float]:
    """UAR, log-loss, calibration error and accuracy of log-probabilities (n, 3)."""
    found = class_figures(np.exp(log_probs), labels)
    return {
        "uar": found["uar"],
        "log_loss": log_loss(log_probs, labels),
        "ece": found["ece"],
        "accuracy": found["accuracy"],
    }
