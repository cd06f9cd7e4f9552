"""Back-off trigram models as sorted arrays: looked up, mixed, pruned, written as ARPA.

An n-gram is one integer, 17 bits a word, its last word lowest: so a history is `key >> 17`, what
it backs off to the lower bits, and the n-grams of one history stand together. Logarithms are
to base 10, as in ARPA.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
Logs = NDArray[np.float64]

BITS: Final = 17
ORDER: Final = 3
NEVER: Final = -99.0
"""What ARPA writes for the logarithm of nothing: the unigram of `<s>`."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The n-grams of one length.

    Attributes:
        keys: shape (n,), ascending.
        log: shape (n,), log10 of the last word's probability after the others.
        bow: shape (n,), log10 of the back-off weight of the whole as a history.
    """

    keys: Keys
    log: Logs
    bow: Logs

    def find(self, keys: Keys) -> tuple[Keys, NDArray[np.bool_]]:
        """Where keys stand, and which of them are there."""
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return at, self.keys[at] == keys

    def keep(self, kept: NDArray[np.bool_]) -> "Level":
        """Only these n-grams."""
        return Level(self.keys[kept], self.log[kept], self.bow[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Backoff:
    """A model of up to trigrams. The key of a unigram is the word's place in `words`."""

    words: list[str]
    levels: tuple[Level, ...]

    def log(self, keys: Keys, order: int = ORDER) -> Logs:
        """log10 probabilities of last words after the words before them, shape of `keys`."""
        level = self.levels[order - 1]
        at, there = level.find(keys)
        found = level.log[at]
        if order == 1:
            return np.where(there, found, NEVER)
        if not there.all():
            lower = self.levels[order - 2]
            history, known = lower.find(keys[~there] >> BITS)
            rest = self.log(keys[~there] & mask(order - 1), order - 1)
            found[~there] = rest + np.where(known, lower.bow[history], 0.0)
        return found

    def joint(self, keys: Keys, order: int) -> Logs:
        """log10 probabilities of whole n-grams, the first word's being its unigram's."""
        total = np.zeros(len(keys))
        for length in range(1, order + 1):
            part = (keys >> (BITS * (order - length))) & mask(length)
            logs = self.log(part, length)
            # A sentence always begins: `<s>` as a first word is certain.
            total += np.where(logs <= NEVER, 0.0, logs) if length == 1 else logs
        return total

    def normalised(self) -> Self:
        """The same with back-off weights that make every history's probabilities sum to one."""
        levels = list(self.levels)
        for order in range(2, len(levels) + 1):
            level, lower = levels[order - 1], levels[order - 2]
            partial = Backoff(self.words, tuple(levels))
            history, _ = lower.find(level.keys >> BITS)
            said, backed = self._masses(partial, level, order, history, len(lower.keys))
            bow = np.log10(np.maximum(1 - said, 1e-9)) - np.log10(np.maximum(1 - backed, 1e-9))
            levels[order - 2] = Level(lower.keys, lower.log, np.where(said > 0, bow, 0.0))
        return type(self)(self.words, tuple(levels))

    @staticmethod
    def _masses(
        model: "Backoff", level: Level, order: int, history: Keys, size: int
    ) -> tuple[Logs, Logs]:
        """Probability given to each history's own n-grams, at this level and by the next lower."""
        below = model.log(level.keys & mask(order - 1), order - 1)
        return (
            np.bincount(history, 10.0**level.log, size),
            np.bincount(history, 10.0**below, size),
        )

    def pruned(self, threshold: float) -> Self:
        """Without the n-grams whose loss changes the model's entropy by less than `threshold`.

        In log10. Stolcke 1998, "Entropy-based pruning of backoff language models", from the
        longest down; an n-gram that a kept longer one starts or ends with stays.
        """
        model = self
        for order in range(len(self.levels), 1, -1):
            levels = list(model.levels)
            costs = model._costs(order)
            kept = costs >= min(threshold, costs.max())  # one at least: a level is never empty
            for longer in levels[order : order + 1]:
                for needed in (longer.keys >> BITS, longer.keys & mask(order)):
                    at, there = levels[order - 1].find(np.unique(needed))
                    kept[at[there]] = True
            levels[order - 1] = levels[order - 1].keep(kept)
            model = type(self)(self.words, tuple(levels)).normalised()
        return model

    def _costs(self, order: int) -> Logs:
        """Relative entropy of the model without each n-gram of this length, from the one with."""
        level, lower = self.levels[order - 1], self.levels[order - 2]
        history, _ = lower.find(level.keys >> BITS)
        said, backed = self._masses(self, level, order, history, len(lower.keys))
        p, below = 10.0**level.log, 10.0 ** self.log(level.keys & mask(order - 1), order - 1)
        left = np.maximum(1 - said[history], 1e-9)
        bow = np.log10((left + p) / np.maximum(1 - backed[history] + below, 1e-9))
        change = bow - lower.bow[history]
        loss = p * (np.log10(below) + bow - level.log) + left * change
        return -(10.0 ** self.joint(level.keys >> BITS, order - 1)) * loss

    def write(self, path: Path) -> None:
        """Write ARPA text."""
        with path.open("w", encoding="utf-8") as file:
            file.write("\\data\\\n")
            file.writelines(f"ngram {n}={len(x.keys)}\n" for n, x in enumerate(self.levels, 1))
            for order, level in enumerate(self.levels, 1):
                file.write(f"\n\\{order}-grams:\n")
                file.writelines(self._lines(level, order))
            file.write("\n\\end\\\n")

    def _lines(self, level: Level, order: int) -> "list[str]":
        columns = [
            (level.keys >> (BITS * (order - 1 - i)) & mask(1)).tolist() for i in range(order)
        ]
        texts = [" ".join(self.words[i] for i in ngram) for ngram in zip(*columns, strict=True)]
        if order == ORDER:
            return [f"{p:.4f} {t}\n" for p, t in zip(level.log.tolist(), texts, strict=True)]
        rows = zip(level.log.tolist(), texts, level.bow.tolist(), strict=True)
        return [f"{p:.4f} {t} {bow:.4f}\n" for p, t, bow in rows]


def mask(words: int) -> int:
    """The bits of so many words."""
    return (1 << (BITS * words)) - 1


def mixed(one: Backoff, other: Backoff, share: float) -> Backoff:
    """`share` of one model and the rest of another over the same words, as one model."""
    levels: list[Level] = []
    for order, (a, b) in enumerate(zip(one.levels, other.levels, strict=True), 1):
        keys = np.union1d(a.keys, b.keys)
        p = share * 10.0 ** one.log(keys, order) + (1 - share) * 10.0 ** other.log(keys, order)
        log = np.maximum(np.log10(np.maximum(p, 1e-99)), NEVER)
        levels.append(Level(keys, log, np.zeros(len(keys))))
    return Backoff(one.words, tuple(levels)).normalised()
