"""Conditional logistic regression with weights shared by the classes, priors and lower bounds.

Class k of row i has the logit `features[i, k] · weights + offset[i, k]` (McFadden 1974).
Temperatures, class biases, sharpness and per-class slopes are all weights of such a model, so one
solver fits them all.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, IntArray

STEPS: Final = 60  # maximum Newton steps, far more than a convex loss needs
TOLERANCE: Final = 1e-9  # decrease of the loss per row at which to stop
FLAT: Final = 1e-9  # added to the Hessian's diagonal to keep it invertible without a prior


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Gaussian priors and lower bounds of m weights.

    Attributes:
        mean: Shape (m,), means of the priors.
        precision: Shape (m,), 1 / variance of the priors.
        least: Shape (m,), the smallest values allowed.
    """

    mean: DoubleArray
    precision: DoubleArray
    least: DoubleArray


def fit_weights(
    features: DoubleArray, labels: IntArray, prior: Prior, offset: DoubleArray | float = 0.0
) -> DoubleArray:
    """Find the most probable weights by projected Newton steps (Bertsekas 1982).

    Args:
        features: Shape (n, classes, m).
        labels: Shape (n,), index of the true class of each row.
        prior: Priors and bounds of the weights.
        offset: Shape (n, classes), added to the logits.

    Returns:
        The weights, shape (m,).
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
