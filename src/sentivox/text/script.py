"""What the writing of a text tells without a model: its language, and how many words it has."""

import math
import re
from typing import Final

HAN_PER_WORD: Final = 1.4
"""Characters of a Chinese word: subtitles have 46.8 million of them in 33.5 million words
(Cai & Brysbaert 2010, PLoS ONE 5(6) e10729)."""

_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# Hiragana, katakana, Hangul: Japanese mixes the first two with Han, Korean used to.
_NEIGHBOURS: Final = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"
)
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")


def language_of(text: str) -> str | None:
    """The embedded language that a text is most likely written in, by its script alone.

    Returns:
        "zh" where Han characters outnumber Latin words, "en" for Latin letters alone or mostly,
        None for any other writing, Japanese and Korean included, or none at all.
    """
    if _NEIGHBOURS.search(text):
        return None
    han, latin = len(_HAN.findall(text)), sum(1 for word in text.split() if _LATIN.search(word))
    if han > latin:
        return "zh"
    return "en" if latin else None


def count_words(text: str) -> int:
    """The words of a text: what spaces part, and for Chinese a share of the characters.

    Chinese is written without spaces; counting it as one word would make a whole sentence weigh
    as much as an "okay".
    """
    apart, han = _HAN.subn(" ", text)
    words = sum(any(map(str.isalnum, word)) for word in apart.split())
    return words + math.ceil(han / HAN_PER_WORD)
