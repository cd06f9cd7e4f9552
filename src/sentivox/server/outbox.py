"""Events on their way to the client: stamped in the order of the wire, bounded, written."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from sentivox.stream.events import Event, encode

E = TypeVar("E", bound=Event)


class SlowClient(Exception):  # noqa: N818  (says what the client is)
    """The client does not read its results."""


class Outbox:
    """A bounded queue with one writer.

    Everything sent on a connection passes here, the session's events and the server's own
    warnings alike, so `seq` counts without gaps what the client sees.
    """

    def __init__(self, session_id: str, limit: int) -> None:
        self._session_id = session_id
        self._limit = limit
        self._seq = 0
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._overflowed = False

    def put(self, event: E) -> E:
        """Stamp and queue one event; returns it as it will be sent."""
        self._seq += 1
        event = msgspec.structs.replace(event, session_id=self._session_id, seq=self._seq)
        if len(self._queue) >= self._limit:
            self._overflowed = True
        elif not self._ended:
            self._queue.append(encode(event))
        self._wake.set()
        return event

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
