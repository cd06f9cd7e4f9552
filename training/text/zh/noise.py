"""Sentences as a Mandarin recogniser would hand them over: characters that sound alike.

Errors are split roughly as recognisers make them: 70 % substitutions, 20 % deletions, 10 %
insertions. A substitute has the same syllable, tone aside, as often as that is written so.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pypinyin import lazy_pinyin


@dataclass(frozen=True, slots=True)
class Noise:
    """Makes noisy copies of texts that are spelled for training.

    Attributes:
        syllable: Of each character.
        alike: Characters of a syllable, as often as they occur.
    """

    syllable: dict[str, str]
    alike: dict[str, list[str]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Noise":
        """Learn the characters of these texts."""
        syllable: dict[str, str] = {}
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for text in texts:
            for character in text:
                if character not in syllable:
                    syllable[character] = "".join(lazy_pinyin(character))
                alike[syllable[character]].append(character)
        return cls(syllable, dict(alike))

    def mishear(self, text: str, rate: float, rng: random.Random) -> str:
        """The text with about this share of wrong characters; may be empty."""
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
