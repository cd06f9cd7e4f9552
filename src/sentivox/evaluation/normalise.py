"""Transcripts as they are compared: how a word or number is written is no error of the ears.

For English these are the rules of Whisper's own evaluation (Radford et al. 2022, appendix C), so
that figures may be set beside published ones: "Mr." is "mister", "can't" is "can not", "twenty
five" is 25, British spelling is American, and fillers such as "um" do not count. For Chinese,
traditional characters are simplified. Other languages are compared as they are.
"""

import unicodedata
from collections.abc import Callable

from sentivox.errors import SentivoxError
from sentivox.text.chinese import is_chinese, written

Normaliser = Callable[[str], str]


def normaliser(language: str) -> Normaliser | None:
    """What to do to the transcripts of a language before they are compared; None: nothing.

    Raises:
        SentivoxError: The rules for English are not installed.
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
