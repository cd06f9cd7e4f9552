"""Conversion of emotion probabilities to calibrated sentiment."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray

SENTIMENT_OF: Final = {
    "neutral": "neutral", "calm": "neutral",
    "happy": "positive",
    "sad": "negative", "angry": "negative", "fearful": "negative", "disgust": "negative",
}  # fmt: skip
"""The sentiment of each emotion. "surprised" is left out because it may be pleasant or not."""

_MEMBERS: Final = np.array(
    [[SENTIMENT_OF.get(e) == s for s in SENTIMENTS] for e in EMOTIONS], np.float32
)
_LEAST: Final = 1e-7  # keeps the logarithm finite if all probability is on surprise


@dataclass(frozen=True, slots=True)
class ToneCalibration:
    """Calibration of the sentiment derived from emotion probabilities.

    Attributes:
        temperature: Divides the log-probabilities; above 1 makes them less certain.
        biases: Added to the scaled log-probabilities, in the order of SENTIMENTS.
    """

    temperature: float = 1.0
    biases: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sentiment_log_probs(emotions: FloatArray, calibration: ToneCalibration) -> FloatArray:
    """Convert emotion probabilities to sentiment, by summing them and calibrating the sums.

    Args:
        emotions: Shape (n, 8), probabilities in the order of EMOTIONS.
        calibration: Temperature and biases, from the model's sidecar.

    Returns:
        Shape (n, 3), log-probabilities in the order of SENTIMENTS.
    """
    summed = emotions @ _MEMBERS + np.float32(_LEAST)
    logits = np.log(summed / summed.sum(axis=1, keepdims=True))
    logits = logits / np.float32(calibration.temperature)
    logits += np.asarray(calibration.biases, np.float32)
    return normalised(logits)


def normalised(logits: FloatArray) -> FloatArray:
    """Log-softmax over the last axis of logits, shape (…, k)."""
    below = logits - logits.max(axis=-1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
