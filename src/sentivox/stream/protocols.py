"""Interfaces of the two stateful objects that each stream owns: speech detector and features."""

from typing import Protocol

from sentivox.types import FloatArray, Int16Array


class SpeechDetector(Protocol):
    """Speech probability per window; holds the recurrent state of one stream."""

    window: int
    """Samples per window (512 for Silero at 16 kHz)."""

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Speech probabilities, shape (n,), of the next n windows, shape (n * window,)."""
        ...


class ToneFeatures(Protocol):
    """Acoustic features of one stream's current stretch of speech, computed incrementally."""

    def begin(self, at: int) -> None:
        """Start a new stretch; the next sample appended has the absolute number `at`."""
        ...

    def append(self, pcm: Int16Array) -> None:
        """Take the next samples, shape (n,), mono int16 at 16 kHz."""
        ...

    def window(self, start: int, stop: int) -> FloatArray:
        """Features of absolute samples [start, stop): shape (frames, dims), at least one frame."""
        ...
