"""Uvicorn's two protocols, with bounds on what it leaves to the client's good will.

How long a request's head may take, how long an answer may stay unread, and how many frames may
come that are no message. The rest of the time that a client takes is bounded further in
(`Reader`, `ReplayBuffer`, `uploads`).
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from sentivox.server.admission.limits import Rate
from sentivox.server.settings import ServerSettings

SMALL: Final = 16 << 10
"""Bytes of a message as live clients send them."""

FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 55\r\n\r\n"
    b'{"detail":"too many connections; try again in a while"}'
)
"""To whoever connects when no more connections can be held."""

TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 54\r\n\r\n"
    b'{"detail":"the query or a header is too long for us"}\n'
)
"""To a handshake that cannot be read."""

LINGER_S: Final = 1.0
"""So long the answer has to be read."""

LINGERING: Final = 64
"""So many are answered at a time; beyond, connections are cut without a word."""

FEW: Final = 8
"""Such messages that may wait for the reader while the socket is read on."""


class HttpProtocol(H11Protocol):
    """A connection that asks at once, and reads its answer.

    Args:
        settings: Limits.
        most: Connections of all clients; more are answered 503 at once.
        options: Uvicorn's own.
    """

    def __init__(self, settings: ServerSettings, most: int, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._settings = settings
        self._most = most
        self._turned_away = False
        self._asking: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From now on it has so long for its first head."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._turn_away()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Part of a head, or more."""
        if not self._turned_away:
            super().data_received(data)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        super().connection_lost(exc)
        self._asking = _cancelled(self._asking)
        self._unread = _cancelled(self._unread)

    def pause_writing(self) -> None:
        """Much of an answer waits to be read."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._settings.send_timeout_s, self._cut)

    def resume_writing(self) -> None:
        """It was."""
        super().resume_writing()
        self._unread = _cancelled(self._unread)

    def _watch(self) -> None:
        """Wait for a head, unless one is being answered or has made a WebSocket of this."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # none yet, despite its type
        answering = cycle is not None and not cycle.response_complete
        if answering or self.transport.get_protocol() is not self:
            self._asking = _cancelled(self._asking)
        elif self._asking is None:
            self._asking = self.loop.call_later(self._settings.head_s, self._cut)

    def _turn_away(self) -> None:
        """Say so and close, but not before what was asked has come: that would lose the answer."""
        self._turned_away = True
        if len(self.connections) > self._most + LINGERING:
            self._cut()
            return
        self.transport.write(FULL)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._asking = self.loop.call_later(LINGER_S, self._cut)

    def _cut(self) -> None:
        self.transport.abort()


class SocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket whose pings and fragments are counted.

    Args:
        settings: Limits.
        options: Uvicorn's own.
    """

    def __init__(self, settings: ServerSettings, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._flow = Rate(settings.messages_per_s)

    async def send(self, message: Any) -> None:  # noqa: ANN401
        """Hand on; Uvicorn forgets that a refused handshake is complete, and logs an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = self.handshake_complete or self.close_sent

    def data_received(self, data: bytes) -> None:
        """A handshake, or part of a message."""
        super().data_received(data)
        # One with a line over 8 KiB is neither an event nor an error to Uvicorn, which waits on.
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self.transport.write(TOO_LONG)
            self.transport.close()

    def handle_bytes(self, event: Frame) -> None:
        """Hand on a message; Uvicorn's own way halts the socket for each: four system calls."""
        small = event.fin and len(event.data) <= SMALL
        if small and self.queue.qsize() < FEW and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": bytes(event.data)})
        else:
            super().handle_bytes(event)

    def handle_ping(self) -> None:
        """Answer, but let no answers pile up for a client that does not read them."""
        if self._too_many():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # the answer, forgotten

    def handle_cont(self, event: Frame) -> None:
        """Another part of a message; a message may have any number of empty ones."""
        if not self._too_many():
            super().handle_cont(event)

    def _too_many(self) -> bool:
        if self.transport.is_closing():
            return True
        if not self._flow.spend(1.0, self.loop.time()):
            return False
        code = CloseCode.POLICY_VIOLATION
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.transport.abort()
        return True


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
