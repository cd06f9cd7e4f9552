"""Late fusion of the words' and the voice's sentiment.

Pooling of calibrated log-probabilities beats a fixed linear average, and calibration has to come
first: fixed 0.4/0.6 weights on raw scores lose accuracy against the better modality (see
docs/fusion.md for the figures). Pure functions on arrays; no I/O. Serving fuses a batch of one,
fitting (`sentivox.evaluation.fit`) as many as there are: the same arithmetic.
"""

from dataclasses import dataclass

import numpy as np

from sentivox.fusion.calibration import Calibration, Triple
from sentivox.fusion.evidence import Evidence, Modality, TextEvidence, ToneEvidence
from sentivox.types import SENTIMENTS, DoubleArray, FloatArray

# Floor of exp(-entropy), so that an undecided modality is turned down and not off.
LEAST_CERTAINTY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class FusedScores:
    """The joint opinion: probabilities (3,), the weights used (sum 1), whether both agree."""

    probs: FloatArray
    text_weight: float
    tone_weight: float
    emotion_weight: float
    agreement: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Both calibrated opinions of n utterances and how far each is heard.

    Attributes:
        text: Shape (n, 3), log-probabilities.
        tone: Shape (n, 3), log-probabilities.
        share: Shape (n,), the words' share; 0 or 1 where a modality is missing.
        pooled: Shape (n, 3), their mean by that share: the fused opinion where one has all of it.
        both: Shape (n,), how far both are heard: 1 at equal shares, 0 where one has all.
    """

    text: DoubleArray
    tone: DoubleArray
    share: DoubleArray
    pooled: DoubleArray
    both: DoubleArray


def fuse(
    text: TextEvidence | None,
    tone: ToneEvidence | None,
    calibration: Calibration,
    named: str | None = None,
) -> FusedScores | None:
    """Fuse what is there; a missing modality has weight 0; None when both are missing.

    `named` is the sentiment of an emotion that a recogniser named, a label without probabilities.
    It moves what the others say and says nothing alone.
    """
    if text is None and tone is None:
        return None
    evidence = Evidence.of([text], [tone])
    opinions = weigh(evidence, calibration)
    log_probs = join(opinions, calibration)[0]
    emotion = 0.0
    if named is not None and calibration.emotion_weight > 0:
        emotion = calibration.emotion_weight
        log_probs = normalise(log_probs + emotion * _labelled(named, calibration))
    weight = float(text_weights(opinions, calibration)[0]) / (1 + emotion)
    emotion /= 1 + emotion
    agreement = bool(opinions.text[0].argmax() == opinions.tone[0].argmax())
    return FusedScores(
        probs=np.exp(log_probs).astype(np.float32),
        text_weight=weight,
        tone_weight=1 - weight - emotion,
        emotion_weight=emotion,
        agreement=None if text is None or tone is None else agreement,
    )


def fuse_all(evidence: Evidence, calibration: Calibration) -> DoubleArray:
    """Fused log-probabilities, shape (n, 3); utterances of which nothing is known: all alike."""
    return join(weigh(evidence, calibration), calibration)


def normalise(log_probs: DoubleArray) -> DoubleArray:
    """Log-probabilities that sum to one, from any finite logits, shape (…, 3)."""
    shifted = log_probs - log_probs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def certainty(log_probs: DoubleArray) -> DoubleArray:
    """exp(-entropy), 1/3 (no idea) … 1 (sure), floored so that doubt turns down, not off."""
    negentropy = np.sum(np.exp(log_probs) * log_probs, axis=-1)
    return np.maximum(np.exp(negentropy), LEAST_CERTAINTY)


def weigh(evidence: Evidence, how: Calibration) -> Opinions:
    """Calibrate both opinions and settle how much each is heard."""
    text = _calibrated(evidence.text, how.text_temperature, how.text_bias)
    tone = _calibrated(evidence.tone, how.tone_temperature, how.tone_bias)
    share = _share(text, tone, evidence, how)
    words, voice = share[:, None], 1 - share[:, None]
    if how.rule == "linear":
        mixed = words * np.exp(text) + voice * np.exp(tone)
        pooled = np.log(np.maximum(mixed, np.finfo(np.float32).tiny))
    else:
        pooled = words * text + voice * tone
    return Opinions(text, tone, share, pooled, both=4 * share * (1 - share))


def join(opinions: Opinions, how: Calibration) -> DoubleArray:
    """Fused log-probabilities, shape (n, 3).

    Two pieces of evidence are two only as far as both are heard: where one has all the weight,
    its own opinion stands, and a modality that fades out leaves no jump behind.
    """
    if how.rule == "logistic":
        joint = how.text_slopes * opinions.text + how.tone_slopes * opinions.tone
    else:
        joint = how.sharpness * opinions.pooled
    joint = joint + np.asarray(how.bias)
    return normalise(opinions.pooled + opinions.both[:, None] * (joint - opinions.pooled))


def text_weights(opinions: Opinions, how: Calibration) -> DoubleArray:
    """The words' part in the fused log-probabilities, shape (n,), 0…1."""
    if how.rule != "logistic":
        return opinions.share
    text, tone = np.mean(how.text_slopes), np.mean(how.tone_slopes)
    words = opinions.share + opinions.both * (text - opinions.share)
    voice = 1 - opinions.share + opinions.both * (tone - 1 + opinions.share)
    return words / (words + voice)


def _labelled(named: str, how: Calibration) -> DoubleArray:
    """The opinion of a label alone: log-probabilities (3,)."""
    label = np.array([sentiment == named for sentiment in SENTIMENTS], np.float64)
    return normalise(label / how.emotion_temperature)


def _calibrated(modality: Modality, temperature: float, bias: Triple) -> DoubleArray:
    """Calibrated log-probabilities, shape (n, 3); no opinion stays none."""
    calibrated = normalise(modality.log_probs / temperature + np.asarray(bias))
    return np.where(modality.present[:, None], calibrated, modality.log_probs)


def _share(
    text: DoubleArray, tone: DoubleArray, evidence: Evidence, how: Calibration
) -> DoubleArray:
    """The words' share of the calibrated opinions, shape (n,)."""
    base = how.text_weight / (how.text_weight + how.tone_weight)
    share = np.full(len(text), base)
    if how.adaptive:
        text_weight = base * evidence.text.quality
        tone_weight = (1 - base) * evidence.tone.quality
        # The logistic rule's slopes are fitted to how sure each opinion is: not twice.
        if how.rule != "logistic":
            text_weight, tone_weight = text_weight * certainty(text), tone_weight * certainty(tone)
        total = text_weight + tone_weight
        # Without any evidence worth the name (no words, no speech) the base weights stand.
        share = np.where(total > 0, text_weight / np.where(total > 0, total, 1), share)
    return np.where(evidence.tone.present, np.where(evidence.text.present, share, 0.0), 1.0)
