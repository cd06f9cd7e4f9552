"""A queue that is fair between streams. Pure."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue of items of many streams: round robin by stream, earliest due first within one.

    A stream with many items delays only itself: with n streams, at most n - 1 items of the others
    are taken before a stream's turn. A new stream joins at the end of the rotation, and so does one
    that was served. Items due at the same time are taken in the order in which they were put.
    """

    def __init__(self) -> None:
        self._order = count()
        # By stream: a heap of (due, order, item), never empty. The dict's order is the rotation.
        self._lanes: dict[str, list[tuple[float, int, T]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def __iter__(self) -> Iterator[T]:
        """Iterate over all items, in no particular order."""
        return (item for lane in self._lanes.values() for _, _, item in lane)

    def waiting(self, stream: str) -> int:
        """Number of items of a stream."""
        return len(self._lanes.get(stream, ()))

    def put(self, stream: str, due: float, item: T) -> None:
        """Add an item, due at a time in seconds on any one clock."""
        heapq.heappush(self._lanes.setdefault(stream, []), (due, next(self._order), item))

    def put_back(self, stream: str, item: T) -> None:
        """Return an item that was taken to the front of the queue."""
        lane = self._lanes.pop(stream, [])
        heapq.heappush(lane, (float("-inf"), next(self._order), item))
        self._lanes = {stream: lane, **self._lanes}

    def take(self) -> T | None:
        """Take the next item; None if the queue is empty."""
        for item in self.take_like(lambda _: True, 1):
            return item
        return None

    def take_like(self, like: Callable[[T], bool], most: int) -> list[T]:
        """Take the next items that match, at most `most` and at most one per stream.

        Only the first item of each stream is considered.
        """
        taken: list[T] = []
        for stream in list(self._lanes):
            if len(taken) == most:
                break
            if like(self._lanes[stream][0][2]):
                taken.append(self._serve(stream))
        return taken

    def drop_oldest(self, stream: str) -> T:
        """Remove and return the item of a stream that was put first.

        Raises:
            KeyError: The stream has no items.
        """
        lane = self._lanes[stream]
        lane.remove(oldest := min(lane, key=lambda entry: entry[1]))
        heapq.heapify(lane)
        if not lane:
            del self._lanes[stream]
        return oldest[2]

    def remove(self, like: Callable[[T], bool]) -> list[T]:
        """Remove and return all items that match."""
        items = [item for item in self if like(item)]
        for stream, lane in list(self._lanes.items()):
            lane[:] = [entry for entry in lane if not like(entry[2])]
            heapq.heapify(lane)
            if not lane:
                del self._lanes[stream]
        return items

    def clear(self) -> list[T]:
        """Remove and return all items."""
        return self.remove(lambda _: True)

    def _serve(self, stream: str) -> T:
        lane = self._lanes.pop(stream)
        _, _, item = heapq.heappop(lane)
        if lane:
            self._lanes[stream] = lane  # at the end of the rotation
        return item
