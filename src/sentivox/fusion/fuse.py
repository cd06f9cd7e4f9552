"""Late fusion of the words' and the voice's sentiment.

Log-linear pooling of calibrated posteriors beats a fixed linear average, and calibration has
to come first: fixed 0.4/0.6 weights on raw scores lose accuracy against the better modality
(see docs/fusion.md for the figures). Pure functions on three numbers; no I/O.
"""

import math
from dataclasses import dataclass

import numpy as np

from sentivox.fusion.calibration import Calibration
from sentivox.types import FloatArray

# Half weight at these amounts of evidence; more brings the factor towards 1.
HALF_WORDS = 2.0
HALF_SECONDS = 1.0
# An engine that gives no confidence is trusted like a middling one.
UNKNOWN_CONFIDENCE = 0.6
# A text whose engine was all but sure to be wrong still says a little.
LEAST_CONFIDENCE = 0.1
# Floor of exp(-entropy), so that an undecided modality is turned down and not off.
LEAST_CERTAINTY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class TextEvidence:
    """The words' opinion: log-probabilities (3,), ASR confidence 0…1, number of words."""

    log_probs: FloatArray
    confidence: float | None
    words: int

    def quality(self) -> float:
        """How much the words deserve to be heard, above 0, at most 1."""
        confidence = UNKNOWN_CONFIDENCE if self.confidence is None else self.confidence
        return max(confidence, LEAST_CONFIDENCE) * self.words / (self.words + HALF_WORDS)


@dataclass(frozen=True, slots=True, eq=False)
class ToneEvidence:
    """The voice's opinion: log-probabilities (3,), seconds of speech behind it."""

    log_probs: FloatArray
    seconds: float

    def quality(self) -> float:
        """How much the voice deserves to be heard, above 0, at most 1."""
        return self.seconds / (self.seconds + HALF_SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class FusedScores:
    """The joint opinion: probabilities (3,), the weights used (sum 1), whether both agree."""

    probs: FloatArray
    text_weight: float
    tone_weight: float
    agreement: bool | None


def normalise(log_probs: FloatArray) -> FloatArray:
    """Log-probabilities that sum to one, from any finite logits, shape (3,)."""
    shifted = log_probs - log_probs.max()
    return (shifted - math.log(float(np.exp(shifted).sum()))).astype(np.float32)


def certainty(log_probs: FloatArray) -> float:
    """exp(-entropy), 1/3 (no idea) … 1 (sure), floored so that doubt turns down, not off."""
    entropy = -float(np.sum(np.exp(log_probs) * log_probs))
    return max(math.exp(-entropy), LEAST_CERTAINTY)


def fuse(
    text: TextEvidence | None, tone: ToneEvidence | None, calibration: Calibration
) -> FusedScores | None:
    """Fuse what is there; a missing modality has weight 0; None when both are missing."""
    p_text = None if text is None else normalise(text.log_probs / calibration.text_temperature)
    p_tone = None if tone is None else normalise(tone.log_probs / calibration.tone_temperature)
    if text is None or p_text is None:
        return None if p_tone is None else FusedScores(_biased(p_tone, calibration), 0.0, 1.0, None)
    if tone is None or p_tone is None:
        return FusedScores(_biased(p_text, calibration), 1.0, 0.0, None)

    text_weight, tone_weight = calibration.text_weight, calibration.tone_weight
    if calibration.adaptive:
        text_weight *= text.quality() * certainty(p_text)
        tone_weight *= tone.quality() * certainty(p_tone)
    total = text_weight + tone_weight
    # Without any evidence worth the name (no words, no speech) the base weights stand.
    share = (
        text_weight / total
        if total > 0
        else calibration.text_weight / (calibration.text_weight + calibration.tone_weight)
    )
    agreement = bool(p_text.argmax() == p_tone.argmax())
    return FusedScores(_pool(p_text, p_tone, share, calibration), share, 1 - share, agreement)


def _pool(p_text: FloatArray, p_tone: FloatArray, share: float, how: Calibration) -> FloatArray:
    if how.rule == "linear":
        mixed = share * np.exp(p_text) + (1 - share) * np.exp(p_tone)
        pooled = np.log(np.maximum(mixed, np.finfo(np.float32).tiny)).astype(np.float32)
    else:
        pooled = (share * p_text + (1 - share) * p_tone).astype(np.float32)
    # Two pieces of evidence are two only as far as both are heard: where one has all the weight,
    # nothing is sharpened, and the result passes smoothly into that of the one alone.
    both = 4 * share * (1 - share)
    return _biased(pooled * np.float32(1 + (how.sharpness - 1) * both), how)


def _biased(log_probs: FloatArray, how: Calibration) -> FloatArray:
    return np.exp(normalise(log_probs + np.asarray(how.bias, np.float32)))
