"""Late fusion of the sentiment that any number of sources hear in an utterance.

Pooling of calibrated log-probabilities beats a fixed linear average, and calibration has to come
first: fixed 0.4/0.6 weights on raw scores lose accuracy against the better modality (see
docs/fusion.md for the figures). Pure functions on arrays; no I/O. Serving fuses a batch of one,
fitting (`sentivox.evaluation.fit`) as many as there are: the same arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from sentivox.fusion.calibration import Calibration, SourceCalibration
from sentivox.fusion.opinion import Evidence, Opinion, SourceOpinions, evidence_of
from sentivox.types import SENTIMENTS, DoubleArray, FloatArray

Weight = TypeVar("Weight", float, DoubleArray)

LEAST_CERTAINTY: Final = 0.5
"""Floor of exp(-entropy), so that an undecided source is turned down and not off."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedScores:
    """The joint opinion of one utterance.

    Attributes:
        probs: Shape (3,), probabilities in the order of SENTIMENTS.
        weights: By source, how much each was heard; they sum to 1.
        agreement: Whether all name the same class; None where only one speaks. An added source
            does not count.
    """

    probs: FloatArray
    weights: Mapping[str, float]
    agreement: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Calibrated opinions of n utterances and how far each is heard; added sources are not here.

    Attributes:
        log_probs: By source, shape (n, 3).
        weights: By source, shape (n,); 0 where it has nothing to say. They sum to 1 over the
            sources, or to 0 where none speaks.
        pooled: Shape (n, 3), their weighted mean: the fused opinion where one has all the weight.
        plural: Shape (n,), how far several are heard: 0 where one has all the weight, 1 at equal
            weights of two, 4/3 of three.
    """

    log_probs: Mapping[str, DoubleArray]
    weights: Mapping[str, DoubleArray]
    pooled: DoubleArray
    plural: DoubleArray


def fuse(opinions: Sequence[Opinion], calibration: Calibration) -> FusedScores | None:
    """Fuse what there is of one utterance; a source that is missing weighs nothing.

    Args:
        opinions: At most one a source.
        calibration: How each is taken.

    Returns:
        The joint opinion; None where there is none, or only from added sources.
    """
    present = [opinion.source for opinion in opinions]
    heard = [name for name in present if not calibration.of(name).added]
    if not heard:
        return None
    evidence = evidence_of([opinions], present)
    weighed = weigh(evidence, calibration)
    log_probs = _with_added(join(weighed, calibration), evidence, calibration)[0]
    labels = {int(weighed.log_probs[name][0].argmax()) for name in heard}
    return FusedScores(
        probs=np.exp(log_probs).astype(np.float32),
        weights=_weights(weighed, present, calibration),
        agreement=len(labels) == 1 if len(heard) > 1 else None,
    )


def fuse_all(evidence: Evidence, calibration: Calibration) -> DoubleArray:
    """Fused log-probabilities, shape (n, 3); utterances of which nothing is known: all alike."""
    return _with_added(join(weigh(evidence, calibration), calibration), evidence, calibration)


def normalise(log_probs: DoubleArray) -> DoubleArray:
    """Log-probabilities that sum to one, from any finite logits, shape (…, 3)."""
    shifted = log_probs - log_probs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def certainty(log_probs: DoubleArray) -> DoubleArray:
    """exp(-entropy), 1/3 (no idea) … 1 (sure), floored so that doubt turns down, not off."""
    negentropy = np.sum(np.exp(log_probs) * log_probs, axis=-1)
    return np.maximum(np.exp(negentropy), LEAST_CERTAINTY)


def weigh(evidence: Evidence, how: Calibration) -> Weighed:
    """Calibrate the opinions and settle how much each is heard."""
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

    Pieces of evidence are several only as far as several are heard: where one has all the
    weight, its own opinion stands, and a source that fades out leaves no jump behind.
    """
    joint = weighed.pooled + weighed.plural[:, None] * np.asarray(how.bias)
    if how.rule != "logistic":
        return normalise(joint + weighed.plural[:, None] * (how.sharpness - 1) * weighed.pooled)
    for name, one in weighed.log_probs.items():
        weight = weighed.weights[name][:, None]
        joint = joint + _independent(weight) * (np.asarray(how.of(name).slopes) - weight) * one
    return normalise(joint)


def _independent(weight: Weight) -> Weight:
    """How far a source of this weight is one among several: 1 at a half, 0 at nothing and all."""
    return 4 * weight * (1 - weight)


def _with_added(log_probs: DoubleArray, evidence: Evidence, how: Calibration) -> DoubleArray:
    """With what added sources say on top."""
    for name, one in evidence.items():
        source = how.of(name)
        if source.added and source.weight > 0:
            said = _calibrated(one, source) * one.present[:, None]
            log_probs = normalise(log_probs + source.weight * said)
    return log_probs


def _weights(weighed: Weighed, present: Sequence[str], how: Calibration) -> dict[str, float]:
    """How much each source counted in one utterance's fused log-probabilities; they sum to 1."""
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
    """Calibrated log-probabilities, shape (n, 3); no opinion stays none."""
    calibrated = normalise(opinions.log_probs / how.temperature + np.asarray(how.bias))
    return np.where(opinions.present[:, None], calibrated, opinions.log_probs)


def _shares(
    evidence: Evidence, log_probs: Mapping[str, DoubleArray], how: Calibration
) -> dict[str, DoubleArray]:
    """By source, its share of the calibrated opinions, shape (n,)."""
    present = {name: one.present.astype(np.float64) for name, one in evidence.items()}
    base = {name: how.of(name).weight * there for name, there in present.items()}
    base = _normalised(base, present)  # what is alone is heard, whatever its weight
    if not how.adaptive:
        return _normalised(base, base)
    weights = {name: weight * evidence[name].quality for name, weight in base.items()}
    # The logistic rule's slopes are fitted to how sure each opinion is: not twice.
    if how.rule != "logistic":
        weights = {name: weight * certainty(log_probs[name]) for name, weight in weights.items()}
    # Without any evidence worth the name (no words, no speech) the base weights stand.
    return _normalised(weights, base)


def _normalised(
    weights: Mapping[str, DoubleArray], otherwise: Mapping[str, DoubleArray]
) -> dict[str, DoubleArray]:
    """Weights that sum to 1 over the sources, or to 0; the others' where they sum to 0."""
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
    """The opinion of a source that names a sentiment and gives no probabilities.

    At temperature T its sentiment is taken to be e^(1/T) times as likely as each other one.
    """
    label_logits = np.array([sentiment == label for sentiment in SENTIMENTS], np.float64)
    return Opinion(source, normalise(label_logits).astype(np.float32))
