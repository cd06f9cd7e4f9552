"""Temperature scaling: one number that calibrates the probabilities of a model.

Source: Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599.
"""

import numpy as np
from numpy.typing import NDArray

_GRID = np.geomspace(0.3, 5.0, 400)


def fit_temperature(log_probs: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the temperature with the lowest mean negative log-likelihood.

    Args:
        log_probs: Log-probabilities or logits, shape (n, 3).
        labels: Class indices, shape (n,).
    """
    losses = [_loss(log_probs / temperature, labels) for temperature in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def _loss(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    top = logits.max(1, keepdims=True)
    norm = top[:, 0] + np.log(np.exp(logits - top).sum(1))
    return float((norm - logits[np.arange(len(labels)), labels]).mean())
