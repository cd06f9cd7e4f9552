"""Batches of token ids of similar length, with soft targets."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from sentivox.types import SENTIMENTS
from training.text.corpora import Row
from training.text.noise import Noise

_POOL = 64  # batches that are sorted by length together
_TO_NEUTRAL = 0.8  # share of a polar label's doubt that goes to neutral, not to the opposite


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of texts.

    Attributes:
        ids: Token ids, int64, shape (batch, tokens).
        mask: 1 for tokens and 0 for padding, int64, shape (batch, tokens).
        targets: Probabilities of the classes, shape (batch, 3).
    """

    ids: Tensor
    mask: Tensor
    targets: Tensor


def open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Open the tokenizer of a ``tokenizer.json``, truncating and without padding."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def target(row: Row) -> list[float]:
    """Return the target probability of each class, from the label and how far it is trusted."""
    rest = 1.0 - row.trust
    if SENTIMENTS[row.label] == "neutral":
        shares = [rest / 2] * 3
    else:
        shares = [rest * (1 - _TO_NEUTRAL)] * 3
        shares[SENTIMENTS.index("neutral")] = rest * _TO_NEUTRAL
    shares[row.label] = row.trust
    return shares


def epoch(
    rows: Sequence[Row], tokenizer: Tokenizer, size: int, seed: int, noise: Noise | None = None
) -> Iterator[Batch]:
    """Yield all rows once, in random batches of similar length.

    Rows are sorted by length only within pools of 64 batches, so batches stay random while
    hardly any padding is computed.
    """
    rng = random.Random(seed)
    order = list(rows)
    rng.shuffle(order)
    for start in range(0, len(order), size * _POOL):
        pool = order[start : start + size * _POOL]
        texts = [noise(row.text, rng) if noise else row.text for row in pool]
        ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        by_length = sorted(range(len(pool)), key=lambda i: len(ids[i]))
        batches = [by_length[i : i + size] for i in range(0, len(pool), size)]
        rng.shuffle(batches)
        for batch in batches:
            yield collate([ids[i] for i in batch], [target(pool[i]) for i in batch])


def collate(ids: Sequence[Sequence[int]], targets: Sequence[Sequence[float]]) -> Batch:
    """Pad token ids on the right and mask the padding."""
    width = max(len(one) for one in ids)
    padded = torch.zeros(len(ids), width, dtype=torch.int64)
    mask = torch.zeros_like(padded)
    for n, one in enumerate(ids):
        padded[n, : len(one)] = torch.tensor(one)
        mask[n, : len(one)] = 1
    return Batch(padded, mask, torch.tensor(targets, dtype=torch.float32))
