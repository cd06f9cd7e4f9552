"""Fits a temperature and three class biases on speakers the network never saw."""

import numpy as np
from scipy.optimize import minimize

from sentivox.tone.sentiment import Calibration, sentiment_log_probs
from training.tone.scoring import TO_SENTIMENT, Scores


def calibrate(scores: Scores) -> Calibration:
    """The calibration with the least balanced log loss over the windows of `scores`.

    Sentiments count alike, because what we promise is unweighted recall and acted corpora are
    mostly negative; so do speakers, or the one with most clips would speak for all; and within
    them clips, however many windows they have. Surprise, which has no sentiment, is left out.
    """
    truth = TO_SENTIMENT[scores.emotion]
    _, speaker, clips = np.unique(scores.speaker, return_inverse=True, return_counts=True)
    by_clip = 1 / clips[speaker]
    for sentiment in range(3):
        by_clip[truth == sentiment] /= max(by_clip[truth == sentiment].sum(), 1e-9)
    by_window = by_clip[scores.owner] / np.bincount(scores.owner)[scores.owner]
    kept = truth[scores.owner] >= 0
    probs, target, weight = scores.probs[kept], truth[scores.owner][kept], by_window[kept]

    def loss(free: np.ndarray) -> float:
        rows = sentiment_log_probs(probs, _calibration(free))
        return float(-(weight * rows[np.arange(len(target)), target]).sum() / weight.sum())

    return _calibration(minimize(loss, np.zeros(3), method="Nelder-Mead").x)


def _calibration(free: np.ndarray) -> Calibration:
    log_temperature, negative, positive = (float(v) for v in free)
    biases = np.array([negative, 0.0, positive]) - (negative + positive) / 3
    return Calibration(
        float(np.exp(log_temperature)), (float(biases[0]), float(biases[1]), float(biases[2]))
    )
