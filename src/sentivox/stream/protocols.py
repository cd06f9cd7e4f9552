"""What a stream needs from the parts below it: two small objects with state of their own."""

from typing import Protocol

from sentivox.types import FloatArray, Int16Array


class SpeechDetector(Protocol):
    """Speech probability per window, with the recurrent state of one stream inside."""

    window: int
    """Samples a window (512 for Silero at 16 kHz)."""

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Probabilities, shape (n,), of n successive windows, pcm of shape (n * window,)."""
        ...


class ToneFeatures(Protocol):
    """Acoustic features of one stream's current stretch of speech, computed incrementally."""

    def begin(self, at: int) -> None:
        """Forget everything; the next sample appended is absolute sample number `at`."""
        ...

    def append(self, pcm: Int16Array) -> None:
        """Take the next samples, mono int16 at 16 kHz."""
        ...

    def window(self, start: int, stop: int) -> FloatArray:
        """Features, shape (frames, dims), of absolute samples [start, stop); never empty."""
        ...
