"""Linear models on hashed character n-grams: one for each kind of text, and a gate.

On few and noisy sentences such models are hard to beat, but a single model is worse than one for
each kind of text: a word that praises a hotel means nothing in a chat. So there is an expert each
for dialogue, reviews and chat, and a gate that weights the experts by the kind of the text.

N-grams are hashed by arithmetic on character ids, so the graph needs no dictionary besides that of
characters. A row of the table belongs to one n-gram, the most frequent with its hash, and has a
fingerprint of it, so that other n-grams with the same hash are ignored.

Sources: hashing, Weinberger et al. 2009, arXiv:0902.2206; mixtures of experts, Jacobs et al. 1991;
inverse document frequency, Spärck Jones 1972; n-grams weighed by their odds, Wang and Manning 2012,
Baselines and Bigrams; the solver, LIBLINEAR, Fan et al. 2008.
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
"""Rows of the table; a prime."""

STRIDE: Final = 8191
"""Base of the keys of pairs and triples; a prime above the number of characters."""

PRINTS: Final = 251
"""Number of different fingerprints; they fit into a byte, with 0 for none."""

KINDS: Final = (DIALOGUE, REVIEWS, CHAT)
EXPERTS: Final = len(SENTIMENTS) + 2
"""Number of scores of the experts: three for dialogue, one each for reviews and chat (positive)."""

COLUMNS: Final = EXPERTS + len(KINDS)
"""Columns of the table: those of the experts, then those of the gate."""

NEUTRAL: Final = SENTIMENTS.index("neutral")
_POSITIVE: Final = SENTIMENTS.index("positive")
_LEAST: Final = 3  # occurrences that an n-gram needs to get a row
_GATE_ROWS: Final = 20_000  # texts of each kind that the gate is fitted to
_SMOOTHING: Final = 1.0  # added to the counts of n-grams
_PRIOR: Final = np.array([0, 0, 0, 0, 0, 1, 0, 0], np.float32)
"""Added to the biases: speech is more likely to be dialogue. Chosen on the development splits."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Fitted experts and gate.

    Attributes:
        weights: Weights of each row, shape (BUCKETS, COLUMNS).
        inverse: Inverse document frequency of each row, shape (BUCKETS,).
        prints: Fingerprint of the n-gram that a row belongs to, shape (BUCKETS,); 0 for none.
        bias: Shape (COLUMNS,).
    """

    weights: NDArray[np.float32]
    inverse: NDArray[np.float32]
    prints: NDArray[np.uint8]
    bias: NDArray[np.float32]


def fit(
    ids: Sequence[Sequence[int]],
    labels: NDArray[np.integer],
    kinds: NDArray[np.integer],
    strengths: NDArray[np.floating],
    seed: int,
) -> Linear:
    """Fit a logistic regression for each column.

    Args:
        ids: Character ids of n texts.
        labels: Their classes, shape (n,), as indices into SENTIMENTS.
        kinds: Their kinds, shape (n,), from KINDS.
        strengths: Their weights, shape (n,): the C of their set.
        seed: Of the solver's order and the gate's rows.
    """
    owners = _owners(ids)
    prints = np.where(owners >= 0, fingerprint(owners), 0).astype(np.uint8)
    counts = count(ids, prints)
    frequency = np.bincount(counts.indices, minlength=BUCKETS)
    inverse = (np.log((1 + len(ids)) / (1 + frequency)) + 1).astype(np.float32)
    texts = _scale(counts, inverse)
    talk = kinds == DIALOGUE
    jobs = [(talk, labels[talk] == label, strengths[talk]) for label in range(len(SENTIMENTS))]
    polar = (kinds == REVIEWS, kinds == CHAT)
    jobs += [(rows, labels[rows] == _POSITIVE, strengths[rows]) for rows in polar]
    parts = [_expert(texts[rows], truth, weight, seed) for rows, truth, weight in jobs]
    some = texts[marked := _some_of_each(kinds, seed)]
    even = np.ones(some.shape[0])
    parts += [_solve(some, kinds[marked] == kind, even, seed) for kind in KINDS]
    return Linear(
        weights=np.stack([weights for weights, _ in parts], 1),
        inverse=inverse,
        prints=prints,
        bias=np.array([bias for _, bias in parts], np.float32) + _PRIOR,
    )


def probabilities(
    model: Linear, ids: Sequence[Sequence[int]], second: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return the probability of each class, shape (n, 3), as the exported graph computes it.

    An expert of two classes gives the smaller of its two probabilities to neutral, half of it taken
    from each class.

    Args:
        model: The linear models.
        ids: Character ids of n texts.
        second: Scores of the network, shape (n, EXPERTS), which are averaged with the experts'.
    """
    scores = _scale(count(ids, model.prints), model.inverse) @ model.weights + model.bias
    scores[:, :EXPERTS] = (scores[:, :EXPERTS] + second) / 2
    sure = 1 / (1 + np.exp(-scores))
    talk, positive, gate = sure[:, :3], sure[:, 3:5], sure[:, 5:]
    talk = talk / talk.sum(1, keepdims=True)
    gate = gate / gate.sum(1, keepdims=True)
    doubt = np.minimum(positive, 1 - positive)
    experts = [talk, *(
        np.stack([1 - p - d / 2, d, p - d / 2], 1) for p, d in zip(positive.T, doubt.T, strict=True)
    )]  # fmt: skip
    return sum(gate[:, [kind]] * experts[kind] for kind in KINDS)


def count(ids: Sequence[Sequence[int]], prints: NDArray[np.uint8]) -> csr_matrix:
    """Count how often each n-gram with a row occurs in each text, shape (n, BUCKETS)."""
    rows, keys = _ngrams(ids)
    known = prints[keys % BUCKETS] == fingerprint(keys)
    ones = np.ones(known.sum(), np.float32)
    return csr_matrix((ones, (rows[known], keys[known] % BUCKETS)), shape=(len(ids), BUCKETS))


def fingerprint(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fingerprint of each key, 1…PRINTS; keys with the same hash mostly differ in it."""
    return keys // BUCKETS % PRINTS + 1


def _ngrams(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the text and the key of every n-gram; different n-grams have different keys."""
    flat = np.concatenate([np.zeros(1, np.int64), *(np.array([*one, 0], np.int64) for one in ids)])
    row = np.cumsum(flat == 0) - 1
    at = np.flatnonzero(flat)
    pair = (flat[at - 1] + 1) * STRIDE + flat[at]
    return np.tile(row[at], 3), np.concatenate([flat[at], pair, pair * STRIDE + flat[at + 1]])


def _owners(ids: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return the most frequent key of each row, shape (BUCKETS,); -1 if all keys are rare."""
    keys, times = np.unique(_ngrams(ids)[1], return_counts=True)
    common = times >= _LEAST
    order = np.argsort(times[common], kind="stable")
    owners = np.full(BUCKETS, -1, np.int64)
    owners[keys[common][order] % BUCKETS] = keys[common][order]  # of several, the last is kept
    return owners


def _scale(counts: csr_matrix, inverse: NDArray[np.float32]) -> csr_matrix:
    """Weight n-grams by rarity, and scale texts to about unit length."""
    length = np.sqrt(np.maximum(counts @ inverse**2, 1.0)).astype(np.float32)
    return csr_matrix(diags(1 / length) @ counts @ diags(inverse))


def _some_of_each(kinds: NDArray[np.integer], seed: int) -> NDArray[np.bool_]:
    """Mark the same number of texts of each kind, so that the gate favours none; shape (n,)."""
    rng = np.random.default_rng(seed)
    marked = np.zeros(len(kinds), bool)
    for kind in KINDS:
        marked[rng.permutation(np.flatnonzero(kinds == kind))[:_GATE_ROWS]] = True
    return marked


def _expert(
    texts: csr_matrix, truth: NDArray[np.bool_], strengths: NDArray[np.floating], seed: int
) -> tuple[NDArray[np.float32], float]:
    """Fit weights and bias of an expert, on n-grams weighted by their log odds ratio.

    The gate is fitted without that weighting, which would make it overconfident.
    """
    odds = _odds(texts, truth)
    weights, bias = _solve(csr_matrix(texts @ diags(odds)), truth, strengths, seed)
    return weights * odds, bias


def _odds(texts: csr_matrix, truth: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the absolute log odds ratio of each n-gram, shape (BUCKETS,)."""
    seen = (texts > 0).astype(np.float32).T
    yes, no = (seen @ side.astype(np.float32) + _SMOOTHING for side in (truth, ~truth))
    return np.abs(np.log(yes / yes.sum()) - np.log(no / no.sum())).astype(np.float32)


def _solve(
    texts: csr_matrix, truth: NDArray[np.bool_], strengths: NDArray[np.floating], seed: int
) -> tuple[NDArray[np.float32], float]:
    """Fit weights and bias of a logistic regression; weights are 0 if there is only one class."""
    if len(set(truth)) < 2:
        return np.zeros(BUCKETS, np.float32), 10.0 if truth.any() else -10.0
    model = LogisticRegression(C=1.0, solver="liblinear", dual=True, max_iter=25, random_state=seed)
    model.fit(texts, truth, sample_weight=strengths)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
