"""A session's latest events, encoded and numbered: those that wait for the client, and some more.

A client that was cut names the last event it has, and gets what follows. So nothing comes
twice, and nothing is missing as long as it is still here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sentivox.protocol.events import Event
from sentivox.server.dialects.dialect import Frame
from sentivox.server.dialects.v1 import V1

Write = Callable[[Event], Sequence[Frame]]


class SlowClient(Exception):  # noqa: N818  (says what the client is)
    """The client does not read its results."""


@dataclass(frozen=True, slots=True)
class BufferBound:
    """So many events, and so many bytes of them."""

    events: int
    bytes: int


class ReplayBuffer:
    """A bounded queue of events, read by one writer at a time.

    Args:
        waiting: What may wait for the client; with more it counts as slow.
        kept: What is kept though it was sent.
        write: An event as frames; by default those of protocol v1.
    """

    def __init__(self, waiting: BufferBound, kept: BufferBound, write: Write | None = None) -> None:
        self._written = write or V1().write
        self._events: deque[tuple[int, Sequence[Frame]]] = deque()
        self._bytes = 0
        self._waiting = waiting
        self._kept = kept
        self._last = 0
        self._wake = asyncio.Event()
        self._ended = False

    def put(self, event: Event) -> None:
        """Add an event, stamped already with the next number."""
        frames = self._written(event)
        self._last = event.seq
        self._events.append((event.seq, frames))
        self._bytes += _size(frames)
        while self._over(self._waiting):
            self._drop()
        self._wake.set()

    def end(self) -> None:
        """Nothing more will come: `write` returns once all is sent."""
        self._ended = True
        self._wake.set()

    def follows(self, seq: int) -> bool:
        """Whether everything after this number is still here."""
        return self._first - 1 <= seq <= self._last

    async def write(
        self, send: Callable[[Frame], Awaitable[None]], after: int, timeout_s: float
    ) -> None:
        """Send every event after a number, until `end`.

        Raises:
            SlowClient: a message could not be sent within `timeout_s`, or too many wait.
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
        """Keep of the events up to this number only the latest."""
        while self._over(self._kept) and self._events[0][0] <= sent:
            self._drop()

    def _over(self, bound: BufferBound) -> bool:
        # The latest event stays however large, or nobody could ever be told it.
        return len(self._events) > bound.events or (
            self._bytes > bound.bytes and len(self._events) > 1
        )

    def _drop(self) -> None:
        self._bytes -= _size(self._events.popleft()[1])


def _size(frames: Sequence[Frame]) -> int:
    """Bytes of them."""
    return sum(len(f) if isinstance(f, bytes) else len(f.encode()) for f in frames)
