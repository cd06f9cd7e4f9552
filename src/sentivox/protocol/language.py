"""Names of spoken languages: what people write, and the tag that models go by."""

import re
from collections.abc import Iterable
from typing import Final

from sentivox.errors import ProtocolError

AUTO: Final = "auto"
"""Stands for a language that is to be detected."""

PATTERN: Final = r"[Aa][Uu][Tt][Oo]|[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*"
"""Of what may name a language: a BCP-47 tag, or auto."""

_SYNONYMS: Final = {
    "cmn": "zh", "fil": "tl", "in": "id", "iw": "he", "ji": "yi", "jv": "jw", "nb": "no",
}  # fmt: skip
"""Tags in use for a language that recognisers know by another."""

_OF_CHINESE: Final = {"cmn": "zh", "yue": "yue"}
"""What may follow "zh" and is a language, not a region or a script."""


def primary_tag(language: str | None) -> str | None:
    """The language alone, as models know it: "en" of "en-US", "EN_gb" and "en".

    Region and script make no difference to any recogniser here.

    Args:
        language: A BCP-47 tag in any case, with hyphens or underscores; or "auto" or None where
            the language is to be detected.

    Returns:
        The primary tag in lower case, or None where the language is to be detected.

    Raises:
        ProtocolError: it is no tag.
    """
    if language is None:
        return None
    if not (isinstance(language, str) and re.fullmatch(PATTERN, language)):
        raise ProtocolError(
            f"language {str(language)[:40]!r} is not a tag such as en, zh-CN or auto"
        )
    primary, *rest = language.lower().replace("_", "-").split("-")
    if primary == AUTO:
        return None
    if primary == "zh" and rest:
        return _OF_CHINESE.get(rest[0], primary)
    return _SYNONYMS.get(primary, primary)


def not_spoken(recogniser: str, language: str, known: Iterable[str]) -> str:
    """One line for somebody who asks a recogniser for a language that it does not know."""
    return (
        f"{recogniser} does not know the language {language!r}, only {', '.join(sorted(known))}: "
        "name one of these, or use another recogniser"
    )
