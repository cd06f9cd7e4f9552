"""Fits a Calibration to utterances of known sentiment. NumPy only.

Each parameter has a prior centred on its default. With few utterances a fit stays near the
default; with more, the prior counts less.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import msgspec
import numpy as np

from sentivox.evaluation.logit import Prior, fit_weights
from sentivox.evaluation.metrics import log_loss
from sentivox.fusion.calibration import Calibration, Triple
from sentivox.fusion.fuse import fuse_all, pool_opinions
from sentivox.fusion.opinion import Evidence, SourceOpinions, take
from sentivox.types import SENTIMENTS, BoolArray, DoubleArray, IntArray

PRECISION: Final = 10.0  # of every prior; the best of 1, 4 and 10 at 40 to 300 utterances
STUBBORN: Final = 1e9  # precision of a prior that fixes its parameter
LEAST_SLOPE: Final = 0.1  # minimum of 1 / temperature and of sharpness, to keep them positive
SHARES: Final = np.arange(0.1, 0.91, 0.05)  # base weights of the text that are tried
ONES: Final = np.eye(len(SENTIMENTS))
SOURCES: Final = ("text", "tone")
"""The sources of opinions whose fusion is fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """n labelled utterances with the models' opinions.

    Attributes:
        evidence: Opinions of text and tone on the utterances.
        labels: Shape (n,), indices into SENTIMENTS.
        groups: Shape (n,), index of the speaker; cross-validation never splits a group.
    """

    evidence: Evidence
    labels: IntArray
    groups: IntArray

    def take(self, rows: BoolArray) -> Self:
        """The utterances selected by a mask of shape (n,)."""
        return type(self)(take(self.evidence, rows), self.labels[rows], self.groups[rows])

    @property
    def both(self) -> Self:
        """The utterances that have opinions of both text and tone."""
        return self.take(self.evidence["text"].present & self.evidence["tone"].present)


Fitter = Callable[[Labelled], Calibration]
"""Fits a calibration to labelled utterances."""


def keep_default(_: Labelled) -> Calibration:
    """Return the default calibration, without fitting anything."""
    return Calibration()


def fit_temperatures(data: Labelled) -> Calibration:
    """Fit a temperature for each source, and keep the default fusion."""
    return _fit_sources(data, biased=False)


def fit_modalities(data: Labelled) -> Calibration:
    """Fit a temperature and class biases for each source, and keep the default fusion."""
    return _fit_sources(data, biased=True)


def _fit_sources(data: Labelled, *, biased: bool) -> Calibration:
    how = Calibration()
    for source, opinions in data.evidence.items():
        temperature, bias = _fit_source(opinions, data.labels, biased=biased)
        how = how.revised(source, temperature=temperature, bias=bias)
    return how


def fit_loglinear(data: Labelled) -> Calibration:
    """Fit each source as `fit_modalities` does, then the parameters of log-linear pooling.

    Those are the text's base weight, the sharpness, and class biases of the pooled opinion.
    """
    base, both = fit_modalities(data), data.both
    if not len(both.labels):
        return base
    return min(
        (_fit_sharpness(both, _sharing(base, share)) for share in SHARES),
        key=lambda how: log_loss(fuse_all(both.evidence, how), both.labels),
    )


def fit_logistic(data: Labelled) -> Calibration:
    """Fit each source as `fit_modalities` does, then a logistic rule for both together.

    It has a slope for each class and source, and class biases.
    """
    base, both = fit_modalities(data), data.both
    if not len(both.labels):
        return base
    how = msgspec.structs.replace(base, rule="logistic")
    opinions = pool_opinions(both.evidence, how)
    slopes = [ONES * opinions.log_probs[source][:, :, None] for source in SOURCES]
    features = np.concatenate([*slopes, np.broadcast_to(ONES, slopes[0].shape)], axis=2)
    heard = opinions.plural[:, None]
    usual = Calibration().sharpness / 2  # the slope of log-linear pooling with equal weights
    weights = fit_weights(
        features * heard[:, :, None],
        both.labels,
        _prior([usual] * 6 + [0.0] * 3, [0.0] * 6 + [-np.inf] * 3),
        offset=(1 - heard) * opinions.pooled,
    )
    for i, source in enumerate(SOURCES):
        how = how.revised(source, slopes=_triple(weights[3 * i : 3 * i + 3]))
    return msgspec.structs.replace(how, bias=_triple(weights[6:]))


def _sharing(how: Calibration, share: float) -> Calibration:
    """The calibration with base weight `share` for the text and the rest for the tone."""
    share = round(float(share), 4)
    return how.revised("text", weight=share).revised("tone", weight=round(1 - share, 4))


def _fit_source(
    opinions: SourceOpinions, labels: IntArray, *, biased: bool
) -> tuple[float, Triple]:
    """Fit the temperature and class biases that calibrate a source's probabilities."""
    known = opinions.present
    features, prior = _slope_and_biases(opinions.log_probs[known], 1.0)
    if not biased:
        prior = dataclasses.replace(prior, precision=np.array([PRECISION, *[STUBBORN] * 3]))
    weights = fit_weights(features, labels[known], prior)
    return round(1 / float(weights[0]), 4), _triple(weights[1:])


def _fit_sharpness(both: Labelled, how: Calibration) -> Calibration:
    opinions = pool_opinions(both.evidence, how)
    pooled, heard = opinions.pooled, opinions.plural[:, None]
    features, prior = _slope_and_biases(pooled, Calibration().sharpness)
    weights = fit_weights(
        features * heard[:, :, None], both.labels, prior, offset=(1 - heard) * pooled
    )
    return msgspec.structs.replace(
        how, sharpness=round(float(weights[0]), 4), bias=_triple(weights[1:])
    )


def _slope_and_biases(log_probs: DoubleArray, usual: float) -> tuple[DoubleArray, Prior]:
    """Features (n, 3, 4) for one slope shared by all classes and a bias per class; their prior."""
    biases = np.broadcast_to(ONES, (len(log_probs), *ONES.shape))
    features = np.concatenate([log_probs[:, :, None], biases], axis=2)
    return features, _prior([usual, 0.0, 0.0, 0.0], [LEAST_SLOPE, *[-np.inf] * 3])


def _prior(mean: list[float], least: list[float]) -> Prior:
    return Prior(np.array(mean), np.full(len(mean), PRECISION), np.array(least))


def _triple(values: DoubleArray) -> Triple:
    a, b, c = (round(float(value), 4) for value in values)
    return a, b, c
