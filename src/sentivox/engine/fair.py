"""Whose turn it is: a queue that is fair between streams. Pure."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items of many streams: round robin by stream, the earliest due first within one.

    So a stream that asks for much waits for itself and nobody else: with n streams an item waits
    for at most one of each of the others before it is its stream's turn. A new stream joins at the
    end, and so does one that was served. Items due at the same time come in the order they went in.
    """

    def __init__(self) -> None:
        self._order = count()
        # A dict keeps the order of the rotation; no lane in it is empty.
        self._lanes: dict[str, list[tuple[float, int, T]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def __iter__(self) -> Iterator[T]:
        """All items, in no order that matters."""
        return (item for lane in self._lanes.values() for _, _, item in lane)

    def waiting(self, stream: str) -> int:
        """Items of a stream."""
        return len(self._lanes.get(stream, ()))

    def put(self, stream: str, due: float, item: T) -> None:
        """Add an item, due at a time of any one clock."""
        heapq.heappush(self._lanes.setdefault(stream, []), (due, next(self._order), item))

    def put_back(self, stream: str, item: T) -> None:
        """Return an item that was taken in vain: it is the next one."""
        lane = self._lanes.pop(stream, [])
        heapq.heappush(lane, (float("-inf"), next(self._order), item))
        self._lanes = {stream: lane, **self._lanes}

    def take(self) -> T | None:
        """The next item, if there is any."""
        for item in self.take_like(lambda _: True, 1):
            return item
        return None

    def take_like(self, like: Callable[[T], bool], most: int) -> list[T]:
        """The next items, one a stream at most; streams whose next one is not `like` keep it."""
        taken: list[T] = []
        for stream in list(self._lanes):
            if len(taken) == most:
                break
            if like(self._lanes[stream][0][2]):
                taken.append(self._serve(stream))
        return taken

    def drop_oldest(self, stream: str) -> T:
        """Take out the item of a stream that was put in first.

        Raises:
            KeyError: it has none.
        """
        lane = self._lanes[stream]
        lane.remove(oldest := min(lane, key=lambda entry: entry[1]))
        heapq.heapify(lane)
        if not lane:
            del self._lanes[stream]
        return oldest[2]

    def remove(self, like: Callable[[T], bool]) -> list[T]:
        """Take out everything that is `like`."""
        items = [item for item in self if like(item)]
        for stream, lane in list(self._lanes.items()):
            lane[:] = [entry for entry in lane if not like(entry[2])]
            heapq.heapify(lane)
            if not lane:
                del self._lanes[stream]
        return items

    def clear(self) -> list[T]:
        """Take out everything."""
        return self.remove(lambda _: True)

    def _serve(self, stream: str) -> T:
        lane = self._lanes.pop(stream)
        _, _, item = heapq.heappop(lane)
        if lane:
            self._lanes[stream] = lane  # at the end of the rotation
        return item
