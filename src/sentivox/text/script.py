"""Properties of a text derived from its script: its likely language, and its number of words."""

import math
import re
from typing import Final

HAN_PER_WORD: Final = 1.4
"""Mean number of characters in a Chinese word: 46.8 million characters in 33.5 million words of
subtitles (Cai & Brysbaert 2010, PLoS ONE 5(6) e10729)."""

_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# Hiragana, katakana and Hangul: Japanese and older Korean texts mix them with Han characters.
_NEIGHBOURS: Final = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"
)
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")


def language_of(text: str) -> str | None:
    """The language of an embedded model that a text is most likely in, by its script alone.

    Returns:
        "zh" if Han characters outnumber Latin words; "en" if Latin words prevail; None for any
        other script, including Japanese and Korean, and for a text without letters.
    """
    if _NEIGHBOURS.search(text):
        return None
    han, latin = len(_HAN.findall(text)), sum(1 for word in text.split() if _LATIN.search(word))
    if han > latin:
        return "zh"
    return "en" if latin else None


def count_words(text: str) -> int:
    """The number of words in a text: separated by spaces, or estimated for Chinese characters.

    Chinese is written without spaces, and counting a whole sentence as one word would give it no
    more weight than an "okay".
    """
    apart, han = _HAN.subn(" ", text)
    words = sum(any(map(str.isalnum, word)) for word in apart.split())
    return words + math.ceil(han / HAN_PER_WORD)
