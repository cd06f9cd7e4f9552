"""What every text sentiment model must offer."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.types import TextScores


class TextClassifier(Protocol):
    """Scores transcripts. Safe to call from several threads."""

    name: str
    """Model and version, as reported to clients."""

    languages: frozenset[str]
    """BCP-47 primary tags it understands."""

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result a text, in order."""
        ...
