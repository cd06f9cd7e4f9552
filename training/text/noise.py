"""Simulate the errors of a speech recogniser: substituted, lost and inserted words.

The kinds of errors have about the usual shares: 60 % substitutions, 25 % deletions and 15 %
insertions. A substitute begins with the same letter and has about the same length, which is a crude
approximation of "sounds alike" that needs no pronunciation dictionary.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sentivox.text.normalise import SENTENCE_MARKS

FILLERS: Final = ("well", "you know", "i mean", "like", "so", "oh", "okay", "and", "yeah")
# Probabilities that a copy …
_CLEAN: Final = 0.5  # has no word errors
_FILLED: Final = 0.08  # gets a filler
_NO_APOSTROPHES: Final = 0.10  # loses its apostrophes
_NO_MARKS: Final = 0.5  # loses its punctuation


def unmarked(text: str) -> list[str]:
    """Return the words of a normalised text, without punctuation."""
    return [word for word in text.split() if word not in SENTENCE_MARKS]


@dataclass(frozen=True, slots=True)
class Noise:
    """Makes noisy copies of normalised texts.

    Attributes:
        alike: (First letter, length) -> words, each as often as it occurs.
        max_error_rate: Upper end of the uniformly drawn share of wrong words.
    """

    alike: dict[tuple[str, int], list[str]]
    max_error_rate: float = 0.2

    @classmethod
    def of(cls, texts: Iterable[str], max_error_rate: float = 0.2) -> "Noise":
        """Take the words for substitution from these normalised texts."""
        alike: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for text in texts:
            for word in unmarked(text):
                alike[word[0], len(word)].append(word)
        return cls(dict(alike), max_error_rate)

    def __call__(self, text: str, rng: random.Random) -> str:
        """Return a noisy copy, never empty; about half of the copies have no word errors."""
        words = unmarked(text) if rng.random() < _NO_MARKS else text.split()
        if rng.random() >= _CLEAN:
            misheard = self.mishear(" ".join(words), rng.uniform(0, self.max_error_rate), rng)
            words = misheard.split() if unmarked(misheard) else words
        if rng.random() < _FILLED:
            words.insert(rng.randrange(len(words)), rng.choice(FILLERS))
        noisy = " ".join(words)
        return noisy.replace("'", "") if rng.random() < _NO_APOSTROPHES else noisy

    def mishear(self, text: str, rate: float, rng: random.Random) -> str:
        """Return the text with about this share of word errors; it may be empty."""
        heard: list[str] = []
        for word in text.split():
            if word in SENTENCE_MARKS or rng.random() >= rate:
                heard.append(word)
                continue
            kind = rng.random()
            if kind < 0.6:
                heard.append(self._substitute(word, rng))
            elif kind >= 0.85:
                heard += [word, self._substitute(word, rng)]
        return " ".join(heard)

    def _substitute(self, word: str, rng: random.Random) -> str:
        length = max(1, len(word) + rng.choice((-1, 0, 1)))
        return rng.choice(self.alike.get((word[0], length), [word]))
