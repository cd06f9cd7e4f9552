"""Normalises transcripts before comparison, so that spelling does not count as an error.

For English these are the rules of Whisper's own evaluation (Radford et al. 2022, appendix C), so
that error rates are comparable with published ones: "Mr." becomes "mister", "can't" "can not",
"twenty five" 25, British spelling American, and fillers such as "um" are dropped. For Chinese,
traditional characters become simplified ones. Other languages are not normalised.
"""

import unicodedata
from collections.abc import Callable

from sentivox.errors import SentivoxError
from sentivox.text.chinese import is_chinese, written

Normaliser = Callable[[str], str]
"""Normalises a transcript."""


def normaliser(language: str) -> Normaliser | None:
    """The normaliser for a language; None if the language has none.

    Raises:
        SentivoxError: The package with the rules for English is not installed.
    """
    if is_chinese("", language):
        return _chinese
    return _english() if language == "en" else None


def _chinese(text: str) -> str:
    return written(unicodedata.normalize("NFKC", text), "simplified")


def _english() -> Normaliser:
    try:
        from whisper_normalizer.english import EnglishTextNormalizer  # noqa: PLC0415  (optional)
    except ImportError:
        raise SentivoxError(
            "words are compared by Whisper's rules, which are not installed:"
            ' pip install "sentivox[evaluate]"'
        ) from None
    return EnglishTextNormalizer()
