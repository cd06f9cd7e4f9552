"""Trigram models counted from sentences, smoothed after Kneser and Ney.

Interpolated, with one discount a length (Chen and Goodman 1998, "An empirical study of smoothing
techniques for language modeling"); written as a back-off model, which it is exactly.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from training.lm.backoff import BITS, NEVER, ORDER, Backoff, Keys, Level, Logs, mask


def count(sentences: Iterable[Sequence[int]], start: int, end: int) -> tuple[Keys, Keys]:
    """Trigrams with their counts; -1 is a word out of the vocabulary, which nothing spans.

    Sentences are padded as `<s> <s> … </s>`, so that all shorter n-grams follow from these.
    """
    stream: list[int] = []
    for sentence in sentences:
        stream += [start, start, *sentence, end]
    words = np.array(stream, np.int64)
    triple = np.stack([words[:-2], words[1:-1], words[2:]])
    within = (triple >= 0).all(0) & (triple[:2] != end).all(0) & (triple[2] != start)
    keys = triple[0, within] << (2 * BITS) | triple[1, within] << BITS | triple[2, within]
    return np.unique(keys, return_counts=True)


def estimate(words: list[str], trigrams: Keys, counts: Keys, start: int) -> Backoff:
    """The model of these trigram counts. Words never seen share the discount evenly."""
    levels: list[tuple[Keys, Keys]] = [(trigrams, counts)]
    for order in (2, 1):
        longer, seen = levels[0]
        keys, at = np.unique(longer & mask(order), return_inverse=True)
        # How many words it follows, not how often; but nothing comes before a sentence.
        first = (longer >> (BITS * order)) == start
        begins = (keys >> BITS == start) & (order == 2)
        kinds = np.bincount(at, minlength=len(keys))
        often = np.bincount(at, np.where(first, seen, 0), len(keys)).astype(np.int64)
        levels.insert(0, (keys, np.where(begins, often, kinds)))
    return _interpolated(words, levels, start)


def _interpolated(words: list[str], levels: list[tuple[Keys, Keys]], start: int) -> Backoff:
    keys, counts = levels[0]
    discount = _discount(counts)
    p = np.full(len(words), 0.0)
    p[keys] = np.maximum(counts - discount, 0) / counts.sum()
    p += discount * len(keys) / counts.sum() / (len(words) - 1)
    log = np.log10(p)
    log[start] = NEVER
    built = [Level(np.arange(len(words)), log, np.zeros(len(words)))]
    for order in range(2, ORDER + 1):
        keys, counts = levels[order - 1]
        # The trigrams of the padding are bigrams in truth.
        real = (keys >> BITS != (start << BITS | start)) | (order < ORDER)
        keys, counts = keys[real], counts[real]
        lower = built[-1]
        history, _ = lower.find(keys >> BITS)
        discount = _discount(counts)
        total = np.bincount(history, counts, len(lower.keys))
        kinds = np.bincount(history, minlength=len(lower.keys))
        weight = np.where(total > 0, discount * kinds / np.maximum(total, 1), 1.0)
        below = Backoff(words, tuple(built)).log(keys & mask(order - 1), order - 1)
        p = np.maximum(counts - discount, 0) / total[history] + weight[history] * 10.0**below
        built[-1] = Level(lower.keys, lower.log, np.log10(weight))
        built.append(Level(keys, np.log10(p), np.zeros(len(keys))))
    return Backoff(words, tuple(built))


def _discount(counts: Keys) -> float:
    """n1 / (n1 + 2 n2), from how many n-grams were seen once and twice, one added to each."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return (once + 1) / (once + 2 * twice + 3)


def perplexity(model: Backoff, trigrams: Keys, counts: Keys) -> float:
    """Of counted trigrams; those of the padding are looked up as the bigrams they are."""
    start = model.words.index("<s>")
    padded = (trigrams >> BITS) == (start << BITS | start)
    logs: Logs = np.where(padded, model.log(trigrams & mask(2), 2), model.log(trigrams, ORDER))
    return float(10 ** -(logs @ counts / counts.sum()))
