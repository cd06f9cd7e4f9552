"""Fits a temperature and three class biases on speakers the network never saw."""

import numpy as np
from scipy.optimize import minimize

from sentivox.tone.sentiment import ToneCalibration, sentiment_log_probs
from sentivox.types import SENTIMENTS
from training.tone.scoring import TO_SENTIMENT, Scores


def calibrate(scores: Scores) -> ToneCalibration:
    """The calibration with the least balanced log loss over the clips of `scores`.

    Over clips, pooled as serving pools an utterance, and not over windows: a mean of opinions is
    less sure than each of them, and it is the utterance whose confidence users read. Sentiments
    count alike, because what we promise is unweighted recall and acted corpora are mostly
    negative; so do speakers, or the one with most clips would speak for all. Surprise, which has
    no sentiment, is left out.
    """
    truth = TO_SENTIMENT[scores.emotion]
    weight, clips = _weights(truth, scores.speaker), np.arange(len(truth))

    def loss(free: np.ndarray) -> float:
        pooled = scores.pooled(np.exp(sentiment_log_probs(scores.probs, _calibration(free))))
        return -float(weight @ np.log(np.maximum(pooled[clips, truth], 1e-9)))

    return _calibration(minimize(loss, np.zeros(3), method="Nelder-Mead").x)


def _weights(truth: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    """Of each clip: speakers alike within a sentiment, sentiments alike, surprise nothing."""
    weight = np.zeros(len(truth))
    for sentiment in range(len(SENTIMENTS)):
        those = truth == sentiment
        _, voice, clips = np.unique(speaker[those], return_inverse=True, return_counts=True)
        weight[those] = 1 / clips[voice] / max(len(clips), 1)
    return weight / weight.sum()


def _calibration(free: np.ndarray) -> ToneCalibration:
    log_temperature, negative, positive = (float(v) for v in free)
    biases = np.array([negative, 0.0, positive]) - (negative + positive) / 3
    return ToneCalibration(
        float(np.exp(log_temperature)), (float(biases[0]), float(biases[1]), float(biases[2]))
    )
