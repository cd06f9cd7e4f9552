"""From emotions to sentiment: which emotion counts towards which, and how sure to be of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray

SENTIMENT_OF: Final = {
    "neutral": "neutral", "calm": "neutral",
    "happy": "positive",
    "sad": "negative", "angry": "negative", "fearful": "negative", "disgust": "negative",
}  # fmt: skip
"""Surprise is missing on purpose: it may be pleasant or not, so it counts towards nothing."""

_MEMBERS: Final = np.array(
    [[SENTIMENT_OF.get(e) == s for s in SENTIMENTS] for e in EMOTIONS], np.float32
)
_LEAST: Final = 1e-7  # keeps the logarithm finite when all probability is on surprise


@dataclass(frozen=True, slots=True)
class ToneCalibration:
    """Turns summed emotion probabilities into sentiment probabilities that mean what they say.

    Attributes:
        temperature: Divides the log-probabilities; above 1 is less sure.
        biases: Added after that, in the order of SENTIMENTS.
    """

    temperature: float = 1.0
    biases: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sentiment_log_probs(emotions: FloatArray, calibration: ToneCalibration) -> FloatArray:
    """Sentiment of emotion probabilities.

    Args:
        emotions: Shape (n, 8), probabilities in the order of EMOTIONS.
        calibration: Fitted on speakers whom the model never heard.

    Returns:
        Shape (n, 3), log-probabilities in the order of SENTIMENTS.
    """
    summed = emotions @ _MEMBERS + np.float32(_LEAST)
    logits = np.log(summed / summed.sum(axis=1, keepdims=True))
    logits = logits / np.float32(calibration.temperature)
    logits += np.asarray(calibration.biases, np.float32)
    return normalised(logits)


def normalised(logits: FloatArray) -> FloatArray:
    """Logits, shape (…, k), as log-probabilities."""
    below = logits - logits.max(axis=-1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
