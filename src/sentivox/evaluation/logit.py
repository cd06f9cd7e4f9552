"""Conditional logistic regression: few weights, shared by the classes, with a prior and bounds.

Class k of row i gets the logit `features[i, k] · weights + offset[i, k]`. Temperatures, class
biases, sharpness and per-class slopes are all weights of such a model (McFadden 1974), so one
solver fits them all.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, IntArray

STEPS: Final = 60  # far more than Newton needs on a convex loss
TOLERANCE: Final = 1e-9  # of the loss, by row
FLAT: Final = 1e-9  # keeps the Hessian invertible where no prior does


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What the weights are without data, and how stubbornly.

    Attributes:
        mean: Shape (m,).
        precision: Shape (m,), 1 / variance: worth that many rows that determine the weight.
        least: Shape (m,), the smallest value allowed.
    """

    mean: DoubleArray
    precision: DoubleArray
    least: DoubleArray


def fit_weights(
    features: DoubleArray, labels: IntArray, prior: Prior, offset: DoubleArray | float = 0.0
) -> DoubleArray:
    """The likeliest weights, shape (m,), by projected Newton steps (Bertsekas 1982).

    Args:
        features: Shape (n, classes, m).
        labels: Shape (n,), the right class of each row.
        prior: Of the weights.
        offset: Shape (n, classes), added to the logits.
    """
    weights = np.maximum(prior.mean, prior.least)
    loss, gradient, hessian = _loss(weights, features, labels, prior, offset)
    for _ in range(STEPS):
        free = (weights > prior.least) | (gradient < 0)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        before = loss
        for halving in range(30):
            candidate = np.maximum(weights - step * 0.5**halving, prior.least)
            after, *slopes = _loss(candidate, features, labels, prior, offset)
            if after <= loss:
                weights, loss, (gradient, hessian) = candidate, after, slopes
                break
        if before - loss <= TOLERANCE * len(labels):
            break
    return weights


def _loss(
    weights: DoubleArray,
    features: DoubleArray,
    labels: IntArray,
    prior: Prior,
    offset: DoubleArray | float,
) -> tuple[float, DoubleArray, DoubleArray]:
    """Penalised negative log-likelihood, its gradient (m,) and Hessian (m, m)."""
    logits = features @ weights + offset
    logits = logits - logits.max(axis=1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    probs = np.exp(log_probs)
    rows = np.arange(len(labels))
    away = weights - prior.mean
    loss = -log_probs[rows, labels].sum() + 0.5 * (prior.precision * away) @ away
    mean = np.einsum("nk,nkm->nm", probs, features)
    gradient = (mean - features[rows, labels]).sum(axis=0) + prior.precision * away
    spread = features - mean[:, None, :]
    hessian = np.einsum("nk,nkm,nkl->ml", probs, spread, spread, optimize=True)
    return float(loss), gradient, hessian + np.diag(prior.precision + FLAT)
