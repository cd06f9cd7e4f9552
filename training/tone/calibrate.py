"""Fits a temperature and three class biases on speakers the network never saw."""

import numpy as np
from scipy.optimize import minimize

from sentivox.tone.sentiment import Calibration, sentiment_log_probs
from training.tone.scoring import TO_SENTIMENT, Scores


def calibrate(scores: Scores) -> Calibration:
    """The calibration with the least class-balanced log loss over the windows of `scores`.

    Balanced, because what we promise is unweighted recall and acted corpora are mostly negative.
    A clip counts once however many windows it has; surprise, which has no sentiment, is left out.
    """
    truth = TO_SENTIMENT[scores.emotion]
    windows = truth[scores.owner]
    kept = windows >= 0
    clips = np.bincount(truth[truth >= 0], minlength=3)
    per_clip = np.bincount(scores.owner, minlength=len(truth))
    weight = (1 / clips[windows] / per_clip[scores.owner])[kept]
    probs, target = scores.probs[kept], windows[kept]

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
