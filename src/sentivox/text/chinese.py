"""Conversion of Chinese text to one script, as recognisers mix simplified and traditional.

OpenCC converts phrase by phrase: "皇后" keeps its "后" in both scripts, and "之後" does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Final, cast

from sentivox.protocol.options import ChineseScript
from sentivox.text.script import language_of
from sentivox.types import UNDETERMINED, RecognisedWord, Transcript

_RULES: Final = {"simplified": "t2s", "traditional": "s2t"}
_CHINESE: Final = frozenset({"zh", "yue"})


def in_script(said: Transcript, script: ChineseScript) -> Transcript:
    """Convert a Chinese transcript, with its alternatives and words, to a script.

    Transcripts in other languages, and any transcript for "original", are returned unchanged.
    """
    if script == "original" or not is_chinese(said.text, said.language):
        return said
    text = written(said.text, script)
    return replace(
        said,
        text=text,
        words=None if said.words is None else _respelled(said.words, text),
        alternatives=tuple(replace(r, text=written(r.text, script)) for r in said.alternatives),
    )


def _respelled(words: Sequence[RecognisedWord], text: str) -> tuple[RecognisedWord, ...] | None:
    """The words with the characters of the converted `text`; None if their lengths do not match."""
    letters = iter("".join(text.split()))
    spelled = tuple(replace(word, text="".join(islice(letters, len(word.text)))) for word in words)
    fits = all(word.text for word in spelled) and next(letters, None) is None
    return spelled if fits else None


def is_chinese(text: str, language: str) -> bool:
    """Whether a text is Chinese: by its language tag, or by its characters if undetermined."""
    if language == UNDETERMINED:
        return language_of(text) == "zh"
    return language in _CHINESE


def written(text: str, script: ChineseScript) -> str:
    """Convert a Chinese text to a script."""
    return text if script == "original" else _converter(_RULES[script])(text)


@cache
def _converter(rules: str) -> Callable[[str], str]:
    from opencc import OpenCC  # noqa: PLC0415  (slow to import, and needed for Chinese only)

    convert = OpenCC(rules).convert  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("Callable[[str], str]", convert)
