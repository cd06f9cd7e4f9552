"""The recent past of one audio stream, in memory that never grows."""

import numpy as np

from sentivox.errors import AudioError
from sentivox.types import Int16Array


class RingBuffer:
    """The last `capacity` samples of a stream, always readable as one contiguous view.

    Every sample is written twice, `capacity` apart, so that no span ever wraps: reading never
    copies, and a view stays good for as long as the buffer still holds its samples. Copy what
    must outlive that.

    Args:
        capacity: Samples held; the memory is 4 bytes a sample, allocated once.
    """

    __slots__ = ("_data", "capacity", "total")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise AudioError(f"A ring buffer needs room for at least 1 sample, not {capacity}.")
        self.capacity = capacity
        self.total = 0
        """Samples appended so far, those no longer held included."""
        self._data: Int16Array = np.zeros(2 * capacity, np.int16)

    def append(self, samples: Int16Array) -> None:
        """Take the next samples, shape (n,), any n."""
        self.total += len(samples)
        kept = samples[-self.capacity :]
        stop = self.total % self.capacity
        self._data[stop + self.capacity - len(kept) : stop + self.capacity] = kept
        # Of this lap alone a second copy, below: it is what the next lap reads back into.
        lap = min(len(kept), stop)
        self._data[stop - lap : stop] = kept[len(kept) - lap :]

    def window(self, n: int) -> Int16Array:
        """View of the last n samples, shape (n,).

        Raises:
            AudioError: fewer than n samples are held.
        """
        return self.span(self.total - n, self.total)

    def span(self, start: int, stop: int) -> Int16Array:
        """View of the absolute samples [start, stop), shape (stop - start,).

        Raises:
            AudioError: some of them are not held: overwritten, or yet to come.
        """
        if not max(0, self.total - self.capacity) <= start <= stop <= self.total:
            raise AudioError(
                f"Samples {start} to {stop} are not in the buffer, which holds"
                f" {max(0, self.total - self.capacity)} to {self.total}."
            )
        # Positions are taken back from the newest sample's, in the upper half.
        newest = self.total % self.capacity + self.capacity
        return self._data[newest - (self.total - start) : newest - (self.total - stop)]
