"""Chooses a fusion rule by cross-validation that holds out whole speakers."""

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
"""Maximum number of folds."""

DEFAULT: Final = "default"
"""Name of the rule that is used without a calibration."""

FITTERS: Final[dict[str, Fitter]] = {
    DEFAULT: keep_default,
    "temperatures": fit_temperatures,
    "biases": fit_modalities,
    "loglinear": fit_loglinear,
    "logistic": fit_logistic,
}
"""The rules to choose from, the simplest first."""

UAR_LOSS: Final = 0.01
"""UAR that a rule may lose against the default if its log-loss is better; less is noise."""


@dataclass(frozen=True, slots=True, eq=False)
class FittingTrial:
    """The cross-validated metrics of a rule.

    Attributes:
        log_probs: Shape (n, 3), log-probabilities of each utterance, by the fit in which its
            speaker was held out.
        figures: "uar", "log_loss", "ece" and "accuracy" over all utterances.
        by_fold: The same metrics per fold, shape (folds,) each.
    """

    log_probs: DoubleArray
    figures: dict[str, float]
    by_fold: dict[str, DoubleArray]

    def spread(self, name: str) -> float:
        """Standard deviation of a metric over the folds."""
        return float(self.by_fold[name].std(ddof=1))


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen rule.

    Attributes:
        name: Name of the rule.
        calibration: The rule, fitted to all data.
        trials: Cross-validated metrics of every rule by name.
        beats_default: Whether any rule beats the default.
    """

    name: str
    calibration: Calibration
    trials: Mapping[str, FittingTrial]
    beats_default: bool


def folds(data: Labelled, most: int = FOLDS) -> list[BoolArray]:
    """Split the utterances into folds of whole groups, of about equal size.

    Groups of equal size are dealt out class by class, so that folds have similar classes.

    Args:
        data: Labelled utterances.
        most: Maximum number of folds; there are never more than groups.

    Returns:
        For each fold the utterances held out, as a mask of shape (n,).
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
    """Fit without each fold in turn, and evaluate the fit on that fold."""
    log_probs = np.empty((len(data.labels), 3))
    parts = folds(data, most)
    for out in parts:
        log_probs[out] = fuse_all(take(data.evidence, out), fit(data.take(~out)))
    return score_trial(log_probs, data.labels, parts)


def score_trial(
    log_probs: DoubleArray, labels: IntArray, parts: Sequence[BoolArray]
) -> FittingTrial:
    """Compute the metrics of log-probabilities (n, 3), over all utterances and in each fold."""
    by_fold = [figures_of(log_probs[out], labels[out]) for out in parts]
    return FittingTrial(
        log_probs=log_probs,
        figures=figures_of(log_probs, labels),
        by_fold={name: np.array([f[name] for f in by_fold]) for name in by_fold[0]},
    )


def choose_rule(data: Labelled, *, force: bool = False) -> Choice:
    """Choose the rule with the lowest cross-validated log-loss of those that beat the default.

    If none does, the default is kept.

    Args:
        data: Labelled utterances of at least two groups.
        force: Choose the best fitted rule even if none beats the default.
    """
    trials = {name: cross_validate(data, fit) for name, fit in FITTERS.items()}
    better = [name for name in trials if beats(trials[name], trials[DEFAULT])]
    allowed = better or ([name for name in trials if name != DEFAULT] if force else [DEFAULT])
    name = min(allowed, key=lambda name: trials[name].figures["log_loss"])
    return Choice(name, FITTERS[name](data), trials, beats_default=bool(better))


def beats(trial: FittingTrial, default: FittingTrial) -> bool:
    """Whether a rule is better than the default beyond chance.

    Its log-loss must be lower by more than the standard error of the difference over the folds,
    and its UAR must not be lower by more than `UAR_LOSS`.
    """
    gains = default.by_fold["log_loss"] - trial.by_fold["log_loss"]
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    lost = default.figures["uar"] - trial.figures["uar"]
    return bool(gains.mean() > error and lost <= UAR_LOSS)


def figures_of(log_probs: DoubleArray, labels: IntArray) -> dict[str, float]:
    """UAR, log-loss, expected calibration error and accuracy of log-probabilities (n, 3)."""
    found = class_figures(np.exp(log_probs), labels)
    return {
        "uar": found["uar"],
        "log_loss": log_loss(log_probs, labels),
        "ece": found["ece"],
        "accuracy": found["accuracy"],
    }
