"""A small network with the same outputs as the linear experts, on vectors instead of counts.

It makes other errors than they do, so the mean of both is better than either. It has vectors of
characters and of hashed pairs of characters, one convolution, and pooling; the sum of the vectors
bypasses the convolution. It is trained on all kinds of text together, where each row counts only
for the expert of its kind.

Sources: convolution and maximum, Kim 2014, arXiv:1408.5882; attention pooling, Yang et al. 2016,
Hierarchical Attention Networks; hashed n-grams, Joulin et al. 2017, arXiv:1607.01759.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from sentivox.types import SENTIMENTS
from training.text.log import Say
from training.text.zh.corpora import CHAT, DIALOGUE, REVIEWS
from training.text.zh.linear import EXPERTS, STRIDE

CHARACTER, PAIR, PAIRS, HIDDEN = 96, 24, 65_537, 128
_DROPOUT, _PAIR_DROPOUT = 0.3, 0.2
_BATCH, _POOL, _WINDOW = 128, 32, 80  # rows; batches sorted by length together; characters
_RATE, _WARM = 2e-3, 0.05  # peak learning rate; share of the run in which it rises
_SMOOTHING = 0.1
_COLUMNS: Final = {DIALOGUE: (0, 1, 2), REVIEWS: (3,), CHAT: (4,)}
_CLASSES: Final = (0, 1, 2, SENTIMENTS.index("positive"), SENTIMENTS.index("positive"))


class Network(nn.Module):
    """The network: character ids to one score for each output of the experts."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.characters = nn.Embedding(characters, CHARACTER)
        self.pairs = nn.Embedding(PAIRS, PAIR)
        nn.init.normal_(self.characters.weight, std=0.1)
        nn.init.normal_(self.pairs.weight, std=0.05)
        width = CHARACTER + PAIR
        self.convolution = nn.Conv1d(width, HIDDEN, 3, padding=1)
        self.attention = nn.Linear(HIDDEN, 1)
        self.head = nn.Linear(2 * HIDDEN + width, EXPERTS)

    def forward(self, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Map ids (0 where masked) and mask (batch, characters) to scores (batch, EXPERTS)."""
        mask = attention_mask[:, :, None].float()
        pairs = self.pairs((F.pad(ids, (1, 0))[:, :-1] * STRIDE + ids) % PAIRS)
        if self.training:  # drops whole pairs, so that characters suffice
            pairs = pairs * (torch.rand(*ids.shape, 1) > _PAIR_DROPOUT) / (1 - _PAIR_DROPOUT)
        vectors = torch.cat([self.characters(ids), pairs], 2) * mask
        inputs = F.dropout(vectors, _DROPOUT, self.training).transpose(1, 2)
        seen = F.relu(self.convolution(inputs)).transpose(1, 2) * mask
        shares = torch.softmax(self.attention(seen) - 1e4 * (1 - mask), 1)
        total = vectors.sum(1) / mask.sum(1).clamp(min=1.0).sqrt()
        pooled = torch.cat([(seen * shares).sum(1), seen.amax(1), total], 1)
        return self.head(F.dropout(pooled, _DROPOUT, self.training))


def learn(
    network: Network,
    ids: Sequence[Sequence[int]],
    labels: NDArray[np.integer],
    kinds: NDArray[np.integer],
    weights: NDArray[np.floating],
    *,
    epochs: int,
    seed: int,
    say: Say,
) -> None:
    """Train in place.

    Args:
        network: The network to train.
        ids: Character ids of n texts.
        labels: Their classes, shape (n,), as indices into SENTIMENTS.
        kinds: Their kinds, shape (n,), from KINDS.
        weights: Their weights, shape (n,).
        epochs: Passes over the texts.
        seed: Of the order, and of the window of a long text.
        say: Called with a line about the loss now and then.
    """
    targets = (labels[:, None] == np.array(_CLASSES)) * (1 - _SMOOTHING) + _SMOOTHING / 2
    shares = np.zeros((len(ids), EXPERTS))
    for kind, columns in _COLUMNS.items():
        shares[np.ix_(kinds == kind, columns)] = 1 / len(columns)
    shares *= weights[:, None]
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE)
    steps, loss = epochs * -(-len(ids) // _BATCH), 0.0
    network.train()
    for step, (rows, batch) in enumerate(_batches(ids, epochs, np.random.default_rng(seed))):
        done = (step + 1) / steps
        optimiser.param_groups[0]["lr"] = _RATE * min(1.0, done / _WARM) * (1 - done)
        scores = network(batch, batch > 0)
        each = F.binary_cross_entropy_with_logits(scores, _floats(targets[rows]), reduction="none")
        error = (each * _floats(shares[rows])).sum(1).mean()
        error.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        loss += (error.item() - loss) * max(0.01, 1 / (step + 1))
        if (step + 1) % 500 == 0:
            say(f"network: step {step + 1} of {steps}, loss {loss:.4f}")
    network.eval()


def scores_of(network: Network, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Return the scores of a trained network, shape (n, EXPERTS)."""
    found = np.zeros((len(ids), EXPERTS), np.float32)
    order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            batch = _padded([np.array(ids[n], np.int64) for n in rows])
            found[rows] = network(batch, batch > 0).numpy()
    return found


def _batches(
    ids: Sequence[Sequence[int]], epochs: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.integer], Tensor]]:
    """Yield row numbers and padded ids of texts of similar length; long texts are cut at random."""
    for _ in range(epochs):
        order = rng.permutation(len(ids))
        for start in range(0, len(order), _BATCH * _POOL):
            pool = order[start : start + _BATCH * _POOL]
            pool = pool[np.argsort([min(len(ids[n]), _WINDOW) for n in pool], kind="stable")]
            for at in rng.permutation(np.arange(0, len(pool), _BATCH)):
                rows = pool[at : at + _BATCH]
                yield rows, _padded([_window(ids[n], rng) for n in rows])


def _window(ids: Sequence[int], rng: np.random.Generator) -> NDArray[np.int64]:
    start = int(rng.integers(0, max(0, len(ids) - _WINDOW) + 1))
    return np.array(ids[start : start + _WINDOW], np.int64)


def _padded(texts: Sequence[NDArray[np.int64]]) -> Tensor:
    """Pad texts with 0 to one length, at least one character; shape (texts, characters)."""
    batch = np.zeros((len(texts), max(1, *map(len, texts))), np.int64)
    for row, text in zip(batch, texts, strict=True):
        row[: len(text)] = text
    return torch.from_numpy(batch)


def _floats(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
