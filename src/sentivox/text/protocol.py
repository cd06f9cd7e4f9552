"""Interface of text sentiment models."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.types import TextScores


class TextClassifier(Protocol):
    """Scores the sentiment of transcripts. Must be thread-safe."""

    name: str
    """Name and version of the model, as reported to clients."""

    languages: frozenset[str]
    """BCP-47 primary tags of the languages it supports."""

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result per text, in order."""
        ...
