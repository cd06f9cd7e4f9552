"""Linear models on hashed character n-grams: one a kind of text, and one that tells the kinds.

On few and noisy sentences such models are hard to beat, but one for everything is worse than one
for each kind: a word that praises a hotel is idle chat elsewhere. So dialogue, reviews and chat
have an expert each, and a gate weighs the experts by how much a text is of their kind.
N-grams get their numbers by arithmetic alone, so the graph needs no dictionary but that of
characters. Sources: hashing, Weinberger et al. 2009, arXiv:0902.2206; mixtures of experts, Jacobs
et al. 1991; inverse document frequency, Spärck Jones 1972; the solver, LIBLINEAR, Fan et al. 2008.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from sentivox.types import SENTIMENTS
from training.text.zh.corpora import CHAT, DIALOGUE, REVIEWS

BUCKETS: Final = 400_009
STRIDE: Final = 8191
"""Both prime; the second is above the number of characters."""

KINDS: Final = (DIALOGUE, REVIEWS, CHAT)
COLUMNS: Final = len(SENTIMENTS) + 2 + len(KINDS)
"""Of a table: three for dialogue, one each for reviews and chat (positive or not), the gate's."""

NEUTRAL: Final = SENTIMENTS.index("neutral")
_POSITIVE: Final = SENTIMENTS.index("positive")
_LEAST: Final = 3
_GATE_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Linear:
    """Fitted experts and gate.

    Attributes:
        weights: Of each n-gram, shape (BUCKETS, COLUMNS).
        inverse: Inverse document frequency, shape (BUCKETS,); 0 of n-grams too rare to use.
        bias: shape (COLUMNS,).
    """

    weights: NDArray[np.float32]
    inverse: NDArray[np.float32]
    bias: NDArray[np.float32]


def fit(
    ids: Sequence[Sequence[int]],
    labels: NDArray[np.integer],
    kinds: NDArray[np.integer],
    strengths: NDArray[np.floating],
    seed: int,
) -> Linear:
    """Fit a logistic regression a column.

    Args:
        ids: Character numbers of n texts.
        labels: Their classes, shape (n,).
        kinds: What they are, shape (n,).
        strengths: How much each counts, shape (n,): the C of its set.
        seed: Of the solver's order and the gate's rows.
    """
    counts = count(ids)
    frequency = np.bincount(counts.indices, minlength=BUCKETS)
    inverse = np.where(frequency >= _LEAST, np.log((1 + len(ids)) / (1 + frequency)) + 1, 0)
    inverse = inverse.astype(np.float32)
    texts = _scale(counts, inverse)
    talk = kinds == DIALOGUE
    jobs = [(talk, labels[talk] == label, strengths[talk]) for label in range(len(SENTIMENTS))]
    polar = (kinds == REVIEWS, kinds == CHAT)
    jobs += [(rows, labels[rows] == _POSITIVE, strengths[rows]) for rows in polar]
    some = _some_of_each(kinds, seed)
    jobs += [(some, kinds[some] == kind, np.ones(some.sum())) for kind in KINDS]
    parts = [_solve(texts[rows], truth, weight, seed) for rows, truth, weight in jobs]
    return Linear(
        weights=np.stack([weights for weights, _ in parts], 1),
        inverse=inverse,
        bias=np.array([bias for _, bias in parts], np.float32),
    )


def probabilities(model: Linear, ids: Sequence[Sequence[int]]) -> NDArray[np.floating]:
    """Of each class, shape (n, 3). ``graph`` says the same in ONNX.

    An expert of two classes reads its own doubt as neutral: what it gives to both.
    """
    scores = _scale(count(ids), model.inverse) @ model.weights + model.bias
    sure = 1 / (1 + np.exp(-scores))
    talk, positive, gate = sure[:, :3], sure[:, 3:5], sure[:, 5:]
    talk = talk / talk.sum(1, keepdims=True)
    gate = gate / gate.sum(1, keepdims=True)
    doubt = np.minimum(positive, 1 - positive)
    experts = [talk, *(
        np.stack([1 - p - d, 2 * d, p - d], 1) for p, d in zip(positive.T, doubt.T, strict=True)
    )]  # fmt: skip
    return sum(gate[:, [kind]] * experts[kind] for kind in KINDS)


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
    length = np.sqrt(np.maximum(counts @ inverse**2, 1.0)).astype(np.float32)
    return csr_matrix(diags(1 / length) @ counts @ diags(inverse))


def _some_of_each(kinds: NDArray[np.integer], seed: int) -> NDArray[np.bool_]:
    """Marks as many rows of each kind, so that the gate prefers none."""
    rng = np.random.default_rng(seed)
    marked = np.zeros(len(kinds), bool)
    for kind in KINDS:
        marked[rng.permutation(np.flatnonzero(kinds == kind))[:_GATE_ROWS]] = True
    return marked


def _solve(
    texts: csr_matrix, truth: NDArray[np.bool_], strengths: NDArray[np.floating], seed: int
) -> tuple[NDArray[np.float32], float]:
    """Weights and bias; none at all where there is nothing to tell apart."""
    if len(set(truth)) < 2:
        return np.zeros(BUCKETS, np.float32), 10.0 if truth.any() else -10.0
    model = LogisticRegression(C=1.0, solver="liblinear", dual=True, max_iter=25, random_state=seed)
    model.fit(texts, truth, sample_weight=strengths)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
