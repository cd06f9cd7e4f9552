"""Buffer of a session's latest events, encoded: those still to be sent, and some already sent.

A client that resumes after a cut names the last event it received and gets those that follow, so
none is missing or repeated as long as they are still in the buffer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sentivox.protocol.events import Event
from sentivox.server.dialects.dialect import Frame
from sentivox.server.dialects.v1 import V1

EncodeEvent = Callable[[Event], Sequence[Frame]]
"""Encodes an event as frames, as `Dialect.write` does."""


class SlowClient(Exception):  # noqa: N818  (named for what the client is)
    """The client does not read its events fast enough."""


@dataclass(frozen=True, slots=True)
class BufferBound:
    """A bound on a number of events and on their encoded size in bytes."""

    events: int
    bytes: int


class ReplayBuffer:
    """A bounded queue of events, read by one writer at a time.

    Args:
        waiting: Bound on events still to be sent; beyond it the client counts as slow.
        kept: Bound on the buffer once events have been sent.
        write: Encodes an event as frames; by default as protocol v1 does.
    """

    def __init__(
        self, waiting: BufferBound, kept: BufferBound, write: EncodeEvent | None = None
    ) -> None:
        self._written = write or V1().write
        self._events: deque[tuple[int, Sequence[Frame]]] = deque()
        self._bytes = 0
        self._waiting = waiting
        self._kept = kept
        self._last = 0
        self._wake = asyncio.Event()
        self._ended = False

    def put(self, event: Event) -> None:
        """Add an event, which must carry the next number (`seq`)."""
        frames = self._written(event)
        self._last = event.seq
        self._events.append((event.seq, frames))
        self._bytes += _size(frames)
        while self._over(self._waiting):
            self._drop()
        self._wake.set()

    def end(self) -> None:
        """Mark the end of the events: `write` returns once all are sent."""
        self._ended = True
        self._wake.set()

    @property
    def last(self) -> int:
        """Number of the latest event; 0 before the first."""
        return self._last

    def follows(self, seq: int) -> bool:
        """Whether all events after this number are still in the buffer."""
        return self._first - 1 <= seq <= self._last

    async def write(
        self, send: Callable[[Frame], Awaitable[None]], after: int, timeout_s: float
    ) -> None:
        """Send every event after number `after`, as they are added, until `end` is called.

        Raises:
            SlowClient: An event could not be sent within `timeout_s` seconds, or too many wait.
        """
        sent = after
        while True:
            while sent < self._last:
                if not self.follows(sent):
                    raise SlowClient
                seq, frames = self._events[sent + 1 - self._first]
                try:
                    async with asyncio.timeout(timeout_s):
                        for frame in frames:
                            await send(frame)
                except TimeoutError:
                    raise SlowClient from None
                sent = seq
                self._forget(sent)
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()

    @property
    def _first(self) -> int:
        return self._events[0][0] if self._events else self._last + 1

    def _forget(self, sent: int) -> None:
        """Drop the oldest events up to number `sent` that exceed the bound `kept`."""
        while self._over(self._kept) and self._events[0][0] <= sent:
            self._drop()

    def _over(self, bound: BufferBound) -> bool:
        # The latest event stays however large it is, or it could never be sent.
        return len(self._events) > bound.events or (
            self._bytes > bound.bytes and len(self._events) > 1
        )

    def _drop(self) -> None:
        self._bytes -= _size(self._events.popleft()[1])


def _size(frames: Sequence[Frame]) -> int:
    """Total bytes of the frames; text counts as UTF-8."""
    return sum(len(f) if isinstance(f, bytes) else len(f.encode()) for f in frames)
