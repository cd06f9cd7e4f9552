"""How probable speech was in the latest windows of a stream."""

from collections import deque
from math import ceil


class SpeechTrack:
    """The speech probabilities of the latest windows.

    Args:
        window: Samples per window.
        held: Samples to look back, at most.
        release: Probability from which a window counts as speech.
    """

    __slots__ = ("_probs", "_release", "_stop", "_window")

    def __init__(self, window: int, held: int, release: float) -> None:
        self._window = window
        self._release = release
        self._probs: deque[float] = deque(maxlen=ceil(held / window) + 1)
        self._stop = 0  # sample at which the latest window ends

    def add(self, prob: float) -> None:
        """Add the next window's probability, 0…1."""
        self._probs.append(prob)
        self._stop += self._window

    def mean(self, start: int, stop: int) -> float:
        """Mean probability of the windows in samples [start, stop) that count as speech; else 0.

        Windows that are no longer held are left out.
        """
        first = len(self._probs) - ceil((self._stop - start) / self._window)
        last = len(self._probs) - (self._stop - stop) // self._window
        inside = (self._probs[i] for i in range(max(0, first), max(0, last)))
        speech = [prob for prob in inside if prob >= self._release]
        return sum(speech) / len(speech) if speech else 0.0
