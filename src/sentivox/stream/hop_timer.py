"""When the tone of an utterance is listened to."""

from sentivox.types import SAMPLE_RATE


class HopTimer:
    """Says once a hop of speech that a window is due. Samples are absolute.

    Args:
        hop_s: Seconds of speech between two windows.

    Attributes:
        coarse: Twice as long between them.
    """

    def __init__(self, hop_s: float) -> None:
        self.coarse = False
        self._length = round(hop_s * SAMPLE_RATE)
        self._next = 0

    def begin(self, start: int) -> None:
        """An utterance begins; after a soft cut, in the past."""
        self._next = max(start + self._hop, self._next)

    def due(self, at: int) -> bool:
        """Whether a hop of speech has gone by."""
        if at < self._next:
            return False
        while self._next <= at:
            self._next += self._hop
        return True

    @property
    def _hop(self) -> int:
        return 2 * self._length if self.coarse else self._length
