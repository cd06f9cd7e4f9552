"""Events on their way to the client: encoded, bounded, written in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from sentivox.stream.events import Event, encode


class SlowClient(Exception):  # noqa: N818  (says what the client is)
    """The client does not read its results."""


class Outbox:
    """A bounded queue with one writer.

    Args:
        limit: Messages that may wait; one more and the client counts as slow.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._overflowed = False

    def put(self, event: Event) -> None:
        """Queue one event, stamped already."""
        if len(self._queue) >= self._limit:
            self._overflowed = True
        elif not self._ended:
            self._queue.append(encode(event))
        self._wake.set()

    def end(self) -> None:
        """Nothing more will come: `write` returns once all is sent."""
        self._ended = True
        self._wake.set()

    async def write(self, send: Callable[[str], Awaitable[None]], timeout_s: float) -> None:
        """Send everything until `end`.

        Raises:
            SlowClient: a message could not be sent within `timeout_s`, or too many wait.
        """
        while True:
            while self._queue:
                try:
                    async with asyncio.timeout(timeout_s):
                        await send(self._queue.popleft().decode())
                except TimeoutError:
                    raise SlowClient from None
                if self._overflowed:
                    raise SlowClient
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()
