"""Late fusion of the opinions of any number of sources on an utterance's sentiment.

Pooling calibrated log-probabilities beats a fixed linear average, and calibration has to come
first: fixed 0.4/0.6 weights on raw scores lose accuracy against the better modality (see
docs/fusion.md for the figures). Pure functions on arrays; no I/O. Serving fuses a batch of one,
and fitting (`sentivox.evaluation.fit`) a whole data set, with the same arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from sentivox.fusion.calibration import Calibration, SourceCalibration
from sentivox.fusion.opinion import Evidence, Opinion, SourceOpinions, evidence_of
from sentivox.protocol.labels import NEUTRAL_BAND
from sentivox.types import SENTIMENTS, DoubleArray, FloatArray

Weight = TypeVar("Weight", float, DoubleArray)

ROUNDING: Final = 1e-9
"""Differences between scores that come of rounding only."""

LEAST_CERTAINTY: Final = 0.5
"""Floor of exp(-entropy), so that an undecided source keeps some weight."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedScores:
    """The fused opinion on one utterance.

    Attributes:
        probs: Shape (3,), probabilities in the order of SENTIMENTS.
        weights: Share of each source in the result, by name; they sum to 1.
    """

    probs: FloatArray
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Calibrated opinions on n utterances with their weights, without added sources.

    Attributes:
        log_probs: Calibrated log-probabilities by source, each of shape (n, 3).
        weights: Weights by source, each of shape (n,); 0 where the source has no opinion. They
            sum to 1 over the sources, or to 0 where no source has one.
        pooled: Shape (n, 3), log-probabilities of the weighted mean; the fused opinion where one
            source has all the weight.
        plural: Shape (n,), how far several sources contribute: 0 where one has all the weight, 1
            for two of equal weight, 4/3 for three.
    """

    log_probs: Mapping[str, DoubleArray]
    weights: Mapping[str, DoubleArray]
    pooled: DoubleArray
    plural: DoubleArray


def fuse(opinions: Sequence[Opinion], calibration: Calibration) -> FusedScores | None:
    """Fuse the opinions on one utterance; a missing source has no weight.

    Args:
        opinions: At most one per source.
        calibration: How the sources are calibrated and weighted.

    Returns:
        The fused opinion; None without opinions, or with opinions of added sources only.
    """
    present = [opinion.source for opinion in opinions]
    if all(calibration.of(name).added for name in present):
        return None
    evidence = evidence_of([opinions], present)
    weighed = pool_opinions(evidence, calibration)
    log_probs = _with_added(join(weighed, calibration), evidence, calibration)[0]
    return FusedScores(
        probs=np.exp(log_probs).astype(np.float32),
        weights=_weights(weighed, present, calibration),
    )


def fuse_all(evidence: Evidence, calibration: Calibration) -> DoubleArray:
    """Fused log-probabilities, shape (n, 3); uniform for utterances without any opinion."""
    return _with_added(
        join(pool_opinions(evidence, calibration), calibration), evidence, calibration
    )


def normalise_log_probs(log_probs: DoubleArray) -> DoubleArray:
    """Log-softmax over the last axis of finite logits, shape (…, 3)."""
    shifted = log_probs - log_probs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def certainty(log_probs: DoubleArray) -> DoubleArray:
    """exp(-entropy) of log-probabilities of shape (…, 3), at least LEAST_CERTAINTY; shape (…).

    It is 1 for a certain opinion; without the floor it would be 1/3 for a uniform one.
    """
    negentropy = np.sum(np.exp(log_probs) * log_probs, axis=-1)
    return np.maximum(np.exp(negentropy), LEAST_CERTAINTY)


def pool_opinions(evidence: Evidence, how: Calibration) -> Weighed:
    """Calibrate the opinions, weight them and pool them; leaves added sources out."""
    named = {name: one for name, one in evidence.items() if not how.of(name).added}
    log_probs = {name: _calibrated(one, how.of(name)) for name, one in named.items()}
    weights = _shares(named, log_probs, how)
    utterances = len(next(iter(evidence.values())).quality)
    mixed, squares = np.zeros((utterances, len(SENTIMENTS))), np.zeros(utterances)
    for name, weight in weights.items():
        one = log_probs[name]
        mixed += weight[:, None] * (np.exp(one) if how.rule == "linear" else one)
        squares += weight**2
    if how.rule == "linear":
        mixed = np.log(np.maximum(mixed, np.finfo(np.float32).tiny))
    plural = np.where(squares > 0, 2 * (1 - squares), 0.0)
    return Weighed(log_probs, weights, pooled=mixed, plural=plural)


def join(weighed: Weighed, how: Calibration) -> DoubleArray:
    """Fused log-probabilities, shape (n, 3), of all but the added sources.

    Biases, sharpness and slopes apply in proportion to `Weighed.plural`: where one source has all
    the weight, its own opinion is the result. The score stays between those of the sources, unless
    all have the same tendency: only then can they support each other.
    """
    return _between(_joined(weighed, how), weighed)


def _joined(weighed: Weighed, how: Calibration) -> DoubleArray:
    """What `join` returns, with scores that may lie outside those of the sources.

    A source whose weight goes to 0 leaves no jump here.
    """
    joint = weighed.pooled + weighed.plural[:, None] * np.asarray(how.bias)
    if how.rule != "logistic":
        return normalise_log_probs(
            joint + weighed.plural[:, None] * (how.sharpness - 1) * weighed.pooled
        )
    for name, one in weighed.log_probs.items():
        weight = weighed.weights[name][:, None]
        joint = joint + _independent(weight) * (np.asarray(how.of(name).slopes) - weight) * one
    return normalise_log_probs(joint)


def _between(log_probs: DoubleArray, weighed: Weighed) -> DoubleArray:
    """Bring scores outside those of sources of different tendency back to the nearest of these.

    The weighted mean of the sources' probabilities has a score between theirs: just as much of it
    is mixed in as takes the score to the bound.

    Args:
        log_probs: Shape (n, 3), fused log-probabilities.
        weighed: The opinions that were fused.

    Returns:
        Log-probabilities, shape (n, 3).
    """
    weights = np.stack(list(weighed.weights.values()))
    parts = np.exp(np.stack(list(weighed.log_probs.values())))
    scores, counts = _scores(parts), weights > 0
    low = np.where(counts, scores, 1.0).min(axis=0)
    high = np.where(counts, scores, -1.0).max(axis=0)
    probs = np.exp(log_probs)
    score = _scores(probs)
    bound = np.clip(score, low, high)
    differing = (counts.sum(axis=0) > 1) & (_tendencies(low) != _tendencies(high))
    rows = differing & (np.abs(score - bound) > ROUNDING)
    if not rows.any():
        return log_probs
    mean = np.einsum("sn,snk->nk", weights, parts)[rows]
    share = ((bound - score)[rows] / (_scores(mean) - score[rows]))[:, None]
    mixed = (1 - share) * probs[rows] + share * mean
    bounded = log_probs.copy()
    bounded[rows] = np.log(np.maximum(mixed, np.finfo(np.float32).tiny))
    return bounded


def _scores(probs: DoubleArray) -> DoubleArray:
    """The scores p(positive) - p(negative), shape (…), of probabilities of shape (…, 3)."""
    return probs[..., 2] - probs[..., 0]


def _tendencies(scores: DoubleArray) -> DoubleArray:
    """-1, 0 or 1: `sentivox.protocol.labels.tendency` of many scores."""
    return np.where(np.abs(scores) < NEUTRAL_BAND, 0.0, np.sign(scores))


def _independent(weight: Weight) -> Weight:
    """How far a source of this weight is one of several: 1 at weight 0.5, 0 at weights 0 and 1."""
    return 4 * weight * (1 - weight)


def _with_added(log_probs: DoubleArray, evidence: Evidence, how: Calibration) -> DoubleArray:
    """Log-probabilities, shape (n, 3), with the opinions of the added sources added."""
    for name, one in evidence.items():
        source = how.of(name)
        if source.added and source.weight > 0:
            said = _calibrated(one, source) * one.present[:, None]
            log_probs = normalise_log_probs(log_probs + source.weight * said)
    return log_probs


def _weights(weighed: Weighed, present: Sequence[str], how: Calibration) -> dict[str, float]:
    """The share of each source in one utterance's fused log-probabilities; they sum to 1."""
    weights = {name: float(weight[0]) for name, weight in weighed.weights.items()}
    if how.rule == "logistic":
        weights = {
            name: weight
            + float(_independent(np.float64(weight)) * (np.mean(how.of(name).slopes) - weight))
            for name, weight in weights.items()
        }
    total = sum(weights.values())
    added = {name: how.of(name).weight for name in present if how.of(name).added}
    shared = 1 + sum(added.values())
    weights = {name: weight / total / shared for name, weight in weights.items()}
    return weights | {name: weight / shared for name, weight in added.items()}


def _calibrated(opinions: SourceOpinions, how: SourceCalibration) -> DoubleArray:
    """Calibrated log-probabilities, shape (n, 3); uniform where there is no opinion."""
    calibrated = normalise_log_probs(opinions.log_probs / how.temperature + np.asarray(how.bias))
    return np.where(opinions.present[:, None], calibrated, opinions.log_probs)


def _shares(
    evidence: Evidence, log_probs: Mapping[str, DoubleArray], how: Calibration
) -> dict[str, DoubleArray]:
    """The weight of each source, shape (n,), by name."""
    present = {name: one.present.astype(np.float64) for name, one in evidence.items()}
    base = {name: how.of(name).weight * there for name, there in present.items()}
    base = _normalised(base, present)  # a source that is alone counts, even with base weight 0
    if not how.adaptive:
        return _normalised(base, base)
    weights = {name: weight * evidence[name].quality for name, weight in base.items()}
    # The slopes of the logistic rule are fitted to log-probabilities, and so reflect certainty.
    if how.rule != "logistic":
        weights = {name: weight * certainty(log_probs[name]) for name, weight in weights.items()}
    # Where all qualities are 0 (no words, no speech), the base weights apply.
    return _normalised(weights, base)


def _normalised(
    weights: Mapping[str, DoubleArray], otherwise: Mapping[str, DoubleArray]
) -> dict[str, DoubleArray]:
    """Weights scaled to sum to 1 over the sources; those of `otherwise` where they sum to 0."""
    total, rest = (np.asarray(sum(one.values())) for one in (weights, otherwise))
    return {
        name: np.where(
            total > 0,
            weight / np.where(total > 0, total, 1),
            otherwise[name] / np.where(rest > 0, rest, 1),
        )
        for name, weight in weights.items()
    }


def label_opinion(source: str, label: str) -> Opinion:
    """The opinion of a source that gives a label without probabilities.

    At temperature T the label counts as e^(1/T) times as likely as each other one.

    Args:
        source: Name of the source.
        label: One of SENTIMENTS.
    """
    label_logits = np.array([sentiment == label for sentiment in SENTIMENTS], np.float64)
    return Opinion(source, normalise_log_probs(label_logits).astype(np.float32))
