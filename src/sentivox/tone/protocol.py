"""What acoustic models must offer."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.types import FloatArray, Int16Array, Spoken, ToneScores


class ToneClassifier(Protocol):
    """Scores windows of acoustic features. Safe to call from several threads."""

    name: str
    """Model and version, as reported to clients."""

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """Score each window, features of shape (frames, dims); one result a window, in order."""
        ...


class SpeechClassifier(Protocol):
    """Tells speech from other sounds. Safe to call from several threads."""

    name: str
    """Model and version, as reported to clients."""

    def classify(self, utterances: Sequence[Int16Array]) -> list[Spoken]:
        """Judge each utterance, mono int16 at 16 kHz; one result an utterance, in order."""
        ...
