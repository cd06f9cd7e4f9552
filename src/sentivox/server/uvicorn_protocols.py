"""Uvicorn's HTTP and WebSocket protocols, with limits that uvicorn itself does not set.

They bound how long a request's head may take, how long a response may stay unread, and how many
pings and continuation frames a client may send. `Reader`, `ReplayBuffer` and `uploads` bound the
other ways in which a client can take time.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from sentivox.server.admission.limits import TokenBucket
from sentivox.server.settings import ServerSettings

SMALL_MESSAGE_BYTES: Final = 16 << 10
"""Maximum bytes of a message that is queued without pausing the socket; live ones are smaller."""

REFUSAL_503: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 55\r\n\r\n"
    b'{"detail":"too many connections; try again in a while"}'
)
"""Response to a connection beyond the maximum number of connections."""

REFUSAL_431: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 54\r\n\r\n"
    b'{"detail":"the query or a header is too long for us"}\n'
)
"""Response to a WebSocket handshake with an overlong line."""

LINGER_S: Final = 1.0
"""Seconds a client that is turned away has to read the response."""

MAX_LINGERING: Final = 64
"""Maximum number of connections being turned away; more are cut without a response."""

MAX_WAITING_MESSAGES: Final = 8
"""Small messages that may be queued before reading the socket is paused."""


class HttpProtocol(H11Protocol):
    """HTTP/1.1 connection with time limits for sending a request's head and reading the response.

    Args:
        settings: Limits of the server.
        most: Maximum connections of all clients; more are answered with 503 at once.
        options: Uvicorn's own arguments.
    """

    def __init__(self, settings: ServerSettings, most: int, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._settings = settings
        self._most = most
        self._turned_away = False
        self._asking: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time limit for the first request's head, or turn the connection away."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._turn_away()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take received bytes, unless the connection is being turned away."""
        if not self._turned_away:
            super().data_received(data)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        super().connection_lost(exc)
        self._asking = _cancelled(self._asking)
        self._unread = _cancelled(self._unread)

    def pause_writing(self) -> None:
        """The write buffer is full: start the time limit for reading the response."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._settings.send_timeout_s, self._cut)

    def resume_writing(self) -> None:
        """The write buffer has drained: cancel that time limit."""
        super().resume_writing()
        self._unread = _cancelled(self._unread)

    def _watch(self) -> None:
        """Time the wait for a head, except during a response or after an upgrade to WebSocket."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None at first, despite its type
        answering = cycle is not None and not cycle.response_complete
        if answering or self.transport.get_protocol() is not self:
            self._asking = _cancelled(self._asking)
        elif self._asking is None:
            self._asking = self.loop.call_later(self._settings.head_s, self._cut)

    def _turn_away(self) -> None:
        """Answer 503 and close after `LINGER_S`.

        Closing with unread input would reset the connection and lose the response.
        """
        self._turned_away = True
        if len(self.connections) > self._most + MAX_LINGERING:
            self._cut()
            return
        self.transport.write(REFUSAL_503)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._asking = self.loop.call_later(LINGER_S, self._cut)

    def _cut(self) -> None:
        self.transport.abort()


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket connection that limits the rate of pings and continuation frames.

    Args:
        settings: Limits of the server.
        options: Uvicorn's own arguments.
    """

    def __init__(self, settings: ServerSettings, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._flow = TokenBucket(settings.messages_per_s)

    async def send(self, message: Any) -> None:  # noqa: ANN401
        """Send an ASGI message, and mark a refused handshake as complete.

        Uvicorn forgets to and would log an error.
        """
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = self.handshake_complete or self.close_sent

    def data_received(self, data: bytes) -> None:
        """Take received bytes: a handshake, or frames."""
        super().data_received(data)
        # Uvicorn gets neither event nor error for a handshake with a line over 8 KiB, and hangs.
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self.transport.write(REFUSAL_431)
            self.transport.close()

    def handle_bytes(self, event: Frame) -> None:
        """Queue a binary message.

        Uvicorn pauses and resumes the socket for each, which costs four system calls; small
        messages skip that.
        """
        small = event.fin and len(event.data) <= SMALL_MESSAGE_BYTES
        if small and self.queue.qsize() < MAX_WAITING_MESSAGES and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": bytes(event.data)})
        else:
            super().handle_bytes(event)

    def handle_ping(self) -> None:
        """Answer a ping, unless the client does not read and pongs would pile up."""
        if self._too_many():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # discards the pong

    def handle_cont(self, event: Frame) -> None:
        """Take a continuation frame, within the rate limit: a message may have countless ones."""
        if not self._too_many():
            super().handle_cont(event)

    def _too_many(self) -> bool:
        """Count a frame; if there are too many, abort the connection and return True."""
        if self.transport.is_closing():
            return True
        if not self._flow.spend(1.0, self.loop.time()):
            return False
        code = CloseCode.POLICY_VIOLATION
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.transport.abort()
        return True


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    """Cancel a timer if there is one; returns None, to assign in its place."""
    if timer is not None:
        timer.cancel()
