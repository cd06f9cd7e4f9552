"""Simulate the errors of a Mandarin recogniser: substituted, lost and inserted characters.

The kinds of errors have roughly the usual shares: 70 % substitutions, 20 % deletions and 10 %
insertions. A substitute has the same syllable, regardless of tone, and is drawn by its frequency.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pypinyin import lazy_pinyin


@dataclass(frozen=True, slots=True)
class Noise:
    """Makes noisy copies of texts normalised for training.

    Attributes:
        syllable: Character -> its syllable without tone.
        alike: Syllable -> its characters, each as often as it occurs.
    """

    syllable: dict[str, str]
    alike: dict[str, list[str]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Noise":
        """Take the characters for substitution from these texts."""
        syllable: dict[str, str] = {}
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for text in texts:
            for character in text:
                if character not in syllable:
                    syllable[character] = "".join(lazy_pinyin(character))
                alike[syllable[character]].append(character)
        return cls(syllable, dict(alike))

    def mishear(self, text: str, rate: float, rng: random.Random) -> str:
        """Return the text with about this share of wrong characters; it may be empty."""
        heard: list[str] = []
        for character in text:
            if rng.random() >= rate:
                heard.append(character)
                continue
            kind = rng.random()
            if kind < 0.7:
                heard.append(self._substitute(character, rng))
            elif kind >= 0.9:
                heard += [character, self._substitute(character, rng)]
        return "".join(heard)

    def _substitute(self, character: str, rng: random.Random) -> str:
        return rng.choice(self.alike.get(self.syllable.get(character, ""), [character]))
