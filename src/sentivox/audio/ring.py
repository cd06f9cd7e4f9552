"""The recent past of one audio stream, in a buffer of fixed size."""

import numpy as np

from sentivox.errors import AudioError
from sentivox.types import Int16Array


class RingBuffer:
    """The last `capacity` samples of a stream, always readable as one contiguous view.

    Every sample is stored twice, `capacity` apart, so that no span ever wraps and reading never
    copies. A view stays valid for as long as the buffer still holds its samples; copy what must
    outlive that.

    Args:
        capacity: Samples held, at least 1. They take 4 bytes each, allocated once.

    Raises:
        AudioError: the capacity is less than 1.
    """

    __slots__ = ("_data", "capacity", "total")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise AudioError(f"A ring buffer needs room for at least 1 sample, not {capacity}.")
        self.capacity = capacity
        self.total = 0
        """Samples appended so far, including those no longer held."""
        self._data: Int16Array = np.zeros(2 * capacity, np.int16)

    def append(self, samples: Int16Array) -> None:
        """Append the next samples, shape (n,), any n."""
        self.total += len(samples)
        kept = samples[-self.capacity :]
        stop = self.total % self.capacity
        self._data[stop + self.capacity - len(kept) : stop + self.capacity] = kept
        # The lower copy is of this lap only: spans of the next lap reach back into it.
        lap = min(len(kept), stop)
        self._data[stop - lap : stop] = kept[len(kept) - lap :]

    def window(self, n: int) -> Int16Array:
        """Return a view of the last n samples, shape (n,).

        Raises:
            AudioError: fewer than n samples are held.
        """
        return self.span(self.total - n, self.total)

    def span(self, start: int, stop: int) -> Int16Array:
        """Return a view of the samples [start, stop) of the stream, shape (stop - start,).

        Raises:
            AudioError: some of them are no longer held or have not been appended yet.
        """
        if not max(0, self.total - self.capacity) <= start <= stop <= self.total:
            raise AudioError(
                f"Samples {start} to {stop} are not in the buffer, which holds"
                f" {max(0, self.total - self.capacity)} to {self.total}."
            )
        # Positions are counted back from the newest sample, in the upper half.
        newest = self.total % self.capacity + self.capacity
        return self._data[newest - (self.total - start) : newest - (self.total - stop)]
