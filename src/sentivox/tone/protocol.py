"""What every acoustic model must offer."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.types import FloatArray, ToneScores


class ToneClassifier(Protocol):
    """Scores windows of acoustic features. Safe to call from several threads."""

    name: str
    """Model and version, as reported to clients."""

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """Score each window, features of shape (frames, dims); one result a window, in order."""
        ...
