"""Fits a Calibration to utterances whose sentiment is known. NumPy only.

Each number has a prior: what it is without data. With few utterances a fit stays near the
default, and the more there are, the less the prior counts.
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
from sentivox.fusion.fuse import fuse_all, weigh
from sentivox.fusion.opinion import Evidence, SourceOpinions, take
from sentivox.types import SENTIMENTS, BoolArray, DoubleArray, IntArray

PRECISION: Final = 10.0  # of every prior; of 1, 4 and 10 the best at 40 to 300 utterances
STUBBORN: Final = 1e9  # the precision of a prior that no data move
LEAST_SLOPE: Final = 0.1  # of temperatures and sharpness: never blind, never upside down
SHARES: Final = np.arange(0.1, 0.91, 0.05)  # base weights of the words that are tried
ONES: Final = np.eye(len(SENTIMENTS))
SOURCES: Final = ("text", "tone")
"""Those whose fusion is fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """n utterances with both opinions and the truth.

    Attributes:
        evidence: What words and voice say.
        labels: Shape (n,), index into SENTIMENTS.
        groups: Shape (n,), who speaks: utterances of one group are never told apart in a
            cross-validation.
    """

    evidence: Evidence
    labels: IntArray
    groups: IntArray

    def take(self, rows: BoolArray) -> Self:
        """Some of the utterances."""
        return type(self)(take(self.evidence, rows), self.labels[rows], self.groups[rows])

    @property
    def both(self) -> Self:
        """Those that have words and voice."""
        return self.take(self.evidence["text"].present & self.evidence["tone"].present)


Fitter = Callable[[Labelled], Calibration]
"""Makes a calibration out of labelled utterances."""


def keep_default(_: Labelled) -> Calibration:
    """No fit at all: what serving does without a calibration."""
    return Calibration()


def fit_temperatures(data: Labelled) -> Calibration:
    """A temperature for each source; fused by the default's rule."""
    return _fit_sources(data, biased=False)


def fit_modalities(data: Labelled) -> Calibration:
    """A temperature and class biases for each source; fused by the default's rule."""
    return _fit_sources(data, biased=True)


def _fit_sources(data: Labelled, *, biased: bool) -> Calibration:
    how = Calibration()
    for source, opinions in data.evidence.items():
        temperature, bias = _fit_source(opinions, data.labels, biased=biased)
        how = how.revised(source, temperature=temperature, bias=bias)
    return how


def fit_loglinear(data: Labelled) -> Calibration:
    """Modalities first; then the words' base weight, sharpness and class biases of both."""
    base, both = fit_modalities(data), data.both
    if not len(both.labels):
        return base
    return min(
        (_fit_sharpness(both, _sharing(base, share)) for share in SHARES),
        key=lambda how: log_loss(fuse_all(both.evidence, how), both.labels),
    )


def fit_logistic(data: Labelled) -> Calibration:
    """Modalities first; then each class's slope in each modality, and class biases of both."""
    base, both = fit_modalities(data), data.both
    if not len(both.labels):
        return base
    how = msgspec.structs.replace(base, rule="logistic")
    opinions = weigh(both.evidence, how)
    slopes = [ONES * opinions.log_probs[source][:, :, None] for source in SOURCES]
    features = np.concatenate([*slopes, np.broadcast_to(ONES, slopes[0].shape)], axis=2)
    heard = opinions.plural[:, None]
    usual = Calibration().sharpness / 2  # what log-linear pooling at equal shares comes to
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
    share = round(float(share), 4)
    return how.revised("text", weight=share).revised("tone", weight=round(1 - share, 4))


def _fit_source(
    opinions: SourceOpinions, labels: IntArray, *, biased: bool
) -> tuple[float, Triple]:
    """Temperature and class biases that make its probabilities mean what they say."""
    known = opinions.present
    features, prior = _slope_and_biases(opinions.log_probs[known], 1.0)
    if not biased:
        prior = dataclasses.replace(prior, precision=np.array([PRECISION, *[STUBBORN] * 3]))
    weights = fit_weights(features, labels[known], prior)
    return round(1 / float(weights[0]), 4), _triple(weights[1:])


def _fit_sharpness(both: Labelled, how: Calibration) -> Calibration:
    opinions = weigh(both.evidence, how)
    pooled, heard = opinions.pooled, opinions.plural[:, None]
    features, prior = _slope_and_biases(pooled, Calibration().sharpness)
    weights = fit_weights(
        features * heard[:, :, None], both.labels, prior, offset=(1 - heard) * pooled
    )
    return msgspec.structs.replace(
        how, sharpness=round(float(weights[0]), 4), bias=_triple(weights[1:])
    )


def _slope_and_biases(log_probs: DoubleArray, usual: float) -> tuple[DoubleArray, Prior]:
    """Features (n, 3, 4) of one slope for all classes and a bias for each, and their prior."""
    biases = np.broadcast_to(ONES, (len(log_probs), *ONES.shape))
    features = np.concatenate([log_probs[:, :, None], biases], axis=2)
    return features, _prior([usual, 0.0, 0.0, 0.0], [LEAST_SLOPE, *[-np.inf] * 3])


def _prior(mean: list[float], least: list[float]) -> Prior:
    return Prior(np.array(mean), np.full(len(mean), PRECISION), np.array(least))


def _triple(values: DoubleArray) -> Triple:
    a, b, c = (round(float(value), 4) for value in values)
    return a, b, c
