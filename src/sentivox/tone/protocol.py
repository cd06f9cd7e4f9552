"""Interfaces of acoustic models: tone classifiers and speech classifiers."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.types import FloatArray, Int16Array, SpeechScore, ToneScores


class ToneClassifier(Protocol):
    """Scores the tone of windows of acoustic features. Must be thread-safe."""

    name: str
    """Name and version of the model, as reported to clients."""

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """Score each window, features of shape (frames, dims); one result per window, in order."""
        ...


class UtteranceToneClassifier(Protocol):
    """Scores the tone of whole utterances. Must be thread-safe."""

    name: str
    """Name and version of the model, as reported to clients."""

    def classify(self, utterances: Sequence[Int16Array]) -> list[ToneScores]:
        """Score each utterance, shape (n,), mono int16 at 16 kHz; one result each, in order."""
        ...


class SpeechClassifier(Protocol):
    """Tells speech from other sounds. Must be thread-safe."""

    name: str
    """Name and version of the model, as reported to clients."""

    def classify(self, utterances: Sequence[Int16Array]) -> list[SpeechScore]:
        """Score each utterance, shape (n,), mono int16 at 16 kHz; one result each, in order."""
        ...
