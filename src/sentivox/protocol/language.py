"""Language tags: BCP-47 tags as people write them, and the primary tags that models use."""

import re
from collections.abc import Iterable
from typing import Final

from sentivox.errors import ProtocolError

AUTO_LANGUAGE: Final = "auto"
"""Value of the option `language` that asks for detection."""

PATTERN: Final = r"[Aa][Uu][Tt][Oo]|[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*"
"""Regular expression of a whole language option: a BCP-47 tag, or auto."""

_SYNONYMS: Final = {
    "cmn": "zh", "fil": "tl", "in": "id", "iw": "he", "ji": "yi", "jv": "jw", "nb": "no",
}  # fmt: skip
"""Primary tags in use, and the tags that recognisers use for the same languages."""

_OF_CHINESE: Final = {"cmn": "zh", "yue": "yue"}
"""Subtags that may follow "zh" and denote a language, not a region or script; see BCP-47's extlang.
"""


def primary_tag(language: str | None) -> str | None:
    """The primary tag of a language, as models use it: "en" for "en-US", "EN_gb" and "en".

    Region and script are dropped: they make no difference to any supported recogniser.

    Args:
        language: A BCP-47 tag in any case, with hyphens or underscores; or "auto" or None if
            the language is to be detected.

    Returns:
        The primary tag in lower case; None if the language is to be detected.

    Raises:
        ProtocolError: `language` is not a tag.
    """
    if language is None:
        return None
    if not (isinstance(language, str) and re.fullmatch(PATTERN, language)):
        raise ProtocolError(
            f"language {str(language)[:40]!r} is not a tag such as en, zh-CN or auto"
        )
    primary, *rest = language.lower().replace("_", "-").split("-")
    if primary == AUTO_LANGUAGE:
        return None
    if primary == "zh" and rest:
        return _OF_CHINESE.get(rest[0], primary)
    return _SYNONYMS.get(primary, primary)


def not_spoken(recogniser: str, language: str, known: Iterable[str]) -> str:
    """The one-line error message for a language that a recogniser does not support.

    Args:
        recogniser: Name of the recogniser.
        language: The language requested.
        known: Primary tags of the languages that it supports.
    """
    return (
        f"{recogniser} does not know the language {language!r}, only {', '.join(sorted(known))}: "
        "choose one of these, or another recogniser"
    )
