"""A linear model on hashed character n-grams, and the graph that says the same.

On few and noisy sentences such a model is hard to beat. Characters, pairs and triples of them
get numbers by arithmetic alone, so the graph needs no dictionary but that of characters: each
n-gram picks a row of one table (three weights and its share of the text's length), and the sum
of the rows is the score. Sources: hashing, Weinberger et al. 2009, arXiv:0902.2206; inverse
document frequency, Spärck Jones 1972; the solver, Fan et al. 2008, LIBLINEAR.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from sentivox.types import SENTIMENTS
from training.text.corpora import Row

BUCKETS: Final = 524_287
STRIDE: Final = 8191
"""Both prime; the second is above the number of characters."""

_LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted model.

    Attributes:
        weights: Of each n-gram for each class, shape (BUCKETS, 3).
        inverse: Inverse document frequency, shape (BUCKETS,); 0 of n-grams too rare to use.
        bias: shape (3,).
    """

    weights: NDArray[np.float32]
    inverse: NDArray[np.float32]
    bias: NDArray[np.float32]

    def table(self) -> NDArray[np.float16]:
        """What one occurrence of an n-gram adds: to the three scores, and to the squared length."""
        scored = self.weights * self.inverse[:, None]
        return np.hstack([scored, self.inverse[:, None] ** 2]).astype(np.float16)


def fit(
    rows: Sequence[Row], ids: Sequence[Sequence[int]], strengths: NDArray[np.floating], seed: int
) -> Linear:
    """Fit one logistic regression a class, that class against the rest.

    Args:
        rows: Labelled texts.
        ids: Their character numbers.
        strengths: How much each row counts, shape (n,): the C of its set.
        seed: Of the solver's order.
    """
    counts = count(ids)
    frequency = np.bincount(counts.indices, minlength=BUCKETS)
    inverse = np.where(frequency >= _LEAST, np.log((1 + len(ids)) / (1 + frequency)) + 1, 0)
    inverse = inverse.astype(np.float32)
    scaled = _scale(counts, inverse)
    labels = np.array([row.label for row in rows])
    parts = [
        LogisticRegression(C=1.0, solver="liblinear", dual=True, max_iter=25, random_state=seed)
        .fit(scaled, labels == label, sample_weight=strengths)
        for label in range(len(SENTIMENTS))
    ]  # fmt: skip
    return Linear(
        weights=np.stack([part.coef_[0] for part in parts], 1).astype(np.float32),
        inverse=inverse,
        bias=np.array([part.intercept_[0] for part in parts], np.float32),
    )


def scores(model: Linear, ids: Sequence[Sequence[int]]) -> NDArray[np.floating]:
    """Logits (n, 3) of texts."""
    return _scale(count(ids), model.inverse) @ model.weights + model.bias


def count(ids: Sequence[Sequence[int]]) -> csr_matrix:
    """How often each n-gram occurs in each text, shape (n, BUCKETS)."""
    flat = np.concatenate([np.zeros(1, np.int64), *(np.array([*one, 0], np.int64) for one in ids)])
    row = np.cumsum(flat == 0) - 1
    at = np.flatnonzero(flat)
    pair = flat[at - 1] * STRIDE + flat[at]
    triple = pair * STRIDE + flat[at + 1]
    buckets = np.concatenate([flat[at], pair % BUCKETS, triple % BUCKETS])
    ones = np.ones(buckets.size, np.float32)
    return csr_matrix((ones, (np.tile(row[at], 3), buckets)), shape=(len(ids), BUCKETS))


def _scale(counts: csr_matrix, inverse: NDArray[np.float32]) -> csr_matrix:
    """Weigh n-grams by rarity, and texts down to about unit length."""
    length = np.sqrt(np.maximum(counts @ inverse**2, 1.0))
    weighed = counts.multiply(inverse[None, :])
    return csr_matrix(diags((1 / length).astype(np.float32)) @ weighed)
