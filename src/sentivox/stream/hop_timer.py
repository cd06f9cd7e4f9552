"""When the next tone window of an utterance is due."""

from sentivox.types import SAMPLE_RATE


class HopTimer:
    """Tells when a hop has passed since the last tone window. Sample numbers are absolute.

    Args:
        hop_s: Seconds between two windows.

    Attributes:
        coarse: Double the hop.
    """

    def __init__(self, hop_s: float) -> None:
        self.coarse = False
        self._length = round(hop_s * SAMPLE_RATE)
        self._next = 0

    def begin(self, start: int) -> None:
        """Start an utterance at sample `start`, which after a soft cut lies in the past."""
        self._next = max(start + self._hop, self._next)

    def due(self, at: int) -> bool:
        """Whether a window is due at sample `at`; True at most once a hop."""
        if at < self._next:
            return False
        while self._next <= at:
            self._next += self._hop
        return True

    @property
    def _hop(self) -> int:
        return 2 * self._length if self.coarse else self._length
