"""Wyoming's events over a socket, and a `Transport` for each of a connection's rounds."""

import asyncio
from contextlib import suppress
from typing import Final, NoReturn

from sentivox.protocol import close_codes
from sentivox.server.dialects.dialect import Frame
from sentivox.server.dialects.wyoming import END
from sentivox.server.dialects.wyoming_events import Framing, RawEvent
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.transport import Gone

_READ_BYTES: Final = 64 << 10
"""Most bytes that are read at a time."""

LINGER_S: Final = 1.0
"""Seconds a client has to read what it was sent last."""


class EventTransport:
    """A `Transport` over a socket: its frames are events.

    Args:
        reader: What the client sends.
        writer: What it is sent.
        settings: Limits of the server.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: ServerSettings
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._framing = Framing(settings.max_control_bytes, settings.max_frame_bytes)
        self._most = settings.max_frame_bytes
        self.open = True

    @property
    def address(self) -> str:
        """The client's address; "" on a Unix socket, or if it has gone at once."""
        peer: tuple[str, int] | str | None = self._writer.get_extra_info("peername")
        return peer[0] if isinstance(peer, tuple) else ""

    async def receive(self) -> Frame:
        """The next event, as it came.

        Raises:
            Gone: The client has disconnected.
            ProtocolError: What came is no event.
        """
        return (await self.next()).frame

    async def next(self) -> RawEvent:
        """The next event, with its type. No byte is lost if this is cancelled.

        Raises:
            Gone: The client has disconnected.
            ProtocolError: What came is no event.
        """
        while (event := self._framing.next()) is None:
            await self._more()
        return event

    async def lost(self) -> NoReturn:
        """Wait until the client has disconnected; what it sends meanwhile is for `next`.

        A client that only says that it sends no more has not: it may still read. Beyond the length
        of an event it is left to TCP to make the client wait.

        Raises:
            Gone: The client has disconnected.
        """
        with suppress(Gone):
            while self._framing.held <= self._most:
                await self._more()
        with suppress(OSError):
            await self._writer.wait_closed()
        raise Gone(close_codes.GONE)

    async def send(self, frame: Frame) -> None:
        """Send an event; waits while the client does not read.

        Raises:
            Gone: The client has disconnected.
        """
        assert isinstance(frame, bytes)  # noqa: S101  (narrows the type: there are no others)
        try:
            self._writer.write(frame)
            await self._writer.drain()
        except OSError:
            raise Gone(close_codes.GONE) from None

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002  (Wyoming has neither)
        """Send no more, and wait for the client to close the connection, at most `LINGER_S`.

        Closing with unread input would reset the connection and lose what was sent.
        """
        self.open = False
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                self._writer.write_eof()
                while await self._reader.read(_READ_BYTES):
                    pass

    def hang_up(self) -> None:
        """Close the connection once what was sent has left, without waiting for that."""
        self._writer.close()

    def cut(self) -> None:
        """Cut the connection, whatever was not sent yet."""
        self._writer.transport.abort()

    async def _more(self) -> None:
        try:
            data = await self._reader.read(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            raise Gone(close_codes.GONE)
        self._framing.feed(data)


class Round:
    """A `Transport` for one round: it ends after `audio-stop`, and leaves what follows to the next.

    Closing it leaves the connection open.

    Args:
        events: The connection.
    """

    def __init__(self, events: EventTransport) -> None:
        self._events = events
        self._over = False
        self.open = True

    async def receive(self) -> Frame:
        """The next event of this round, as it came.

        Raises:
            Gone: The client has disconnected.
            ProtocolError: What came is no event.
        """
        if self._over:
            await self._events.lost()
        event = await self._events.next()
        self._over = event.type == END
        return event.frame

    async def send(self, frame: Frame) -> None:
        """Send an event; raises Gone if the client has disconnected."""
        await self._events.send(frame)

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002  (Wyoming has neither)
        """End the round."""
        self.open = False
