"""Fit a temperature and three class biases on speakers that the network was not trained on."""

import numpy as np
from scipy.optimize import minimize

from sentivox.tone.sentiment import ToneCalibration, sentiment_log_probs
from sentivox.types import SENTIMENTS
from training.tone.scoring import TO_SENTIMENT, Scores


def calibrate(scores: Scores) -> ToneCalibration:
    """Return the calibration with the lowest balanced log-loss over the clips of `scores`.

    The loss is taken over clips, pooled as the server pools an utterance, and not over windows: a
    mean of opinions is less certain than each of them, and users read the confidence of the
    utterance. Sentiments have equal weight, because the figure we report is unweighted recall and
    acted corpora are mostly negative. Speakers have equal weight too, so that the one with the most
    clips does not dominate. Surprise, which has no sentiment, is left out.
    """
    truth = TO_SENTIMENT[scores.emotion]
    weight, clips = _weights(truth, scores.speaker), np.arange(len(truth))

    def loss(free: np.ndarray) -> float:
        pooled = scores.pooled(np.exp(sentiment_log_probs(scores.probs, _calibration(free))))
        return -float(weight @ np.log(np.maximum(pooled[clips, truth], 1e-9)))

    return _calibration(minimize(loss, np.zeros(3), method="Nelder-Mead").x)


def _weights(truth: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    """Return the weight of each clip, shape (clips,).

    Sentiments have equal weight, and speakers within a sentiment; surprise has none.
    """
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
