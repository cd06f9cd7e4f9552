"""Reads one socket, always: audio and control messages into the Inbox."""

import asyncio
import time
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from sentivox.errors import ProtocolError
from sentivox.server import close_codes
from sentivox.server.control import CloseStream, Control, KeepAlive, UnknownControl, parse
from sentivox.server.inbox import Inbox, Pace
from sentivox.server.limits import Rate
from sentivox.server.settings import ServerSettings


class Reports(Protocol):
    """Where the reader says what it had to refuse or drop."""

    def warn(self, code: str, message: str, **detail: object) -> None:
        """Something was lost or ignored."""
        ...

    def refuse(self, code: str, message: str) -> None:
        """A message was wrong; the session goes on."""
        ...

    def fail(self, code: str, message: str, close: int) -> None:
        """The session ends with this close code."""
        ...


class Reader:
    """The receiving half of a connection.

    Args:
        socket: Accepted already.
        inbox: Where everything goes, in order.
        bytes_per_second: Of the client's audio.
        settings: Limits.
        reports: Hears of what was refused or dropped.
    """

    def __init__(
        self,
        socket: WebSocket,
        inbox: Inbox,
        bytes_per_second: int,
        settings: ServerSettings,
        reports: Reports,
    ) -> None:
        self.pace = Pace()
        self.closing = False
        self.dropped_s = 0.0
        self._socket = socket
        self._inbox = inbox
        self._rate = bytes_per_second
        self._settings = settings
        self._reports = reports
        self._flow = Rate(settings.messages_per_s)
        self._slowed = False
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Read until the connection must end.

        Raises:
            WebSocketDisconnect: the client went away.
        """
        while True:
            asked = time.monotonic()
            try:
                async with asyncio.timeout(None if self.closing else self._settings.idle_timeout_s):
                    message = await self._socket.receive()
            except TimeoutError:
                self._reports.fail("idle", "neither audio nor KeepAlive came", close_codes.IDLE)
                return
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", close_codes.GONE))
            waited = time.monotonic() - asked
            data, text = message.get("bytes"), message.get("text")
            if self._too_big(data, text):
                return
            await self._slow_down(1.0 if data else self._settings.control_cost)
            if data:
                await self._take_audio(data, waited)
            else:
                self._take_control(text)

    async def next(self) -> bytes | Control:
        """The next slice of audio or control message; waits for it."""
        while (item := self._inbox.take()) is None:
            self._arrived.clear()
            await self._arrived.wait()
        self._room.set()
        return item

    def close(self) -> None:
        """Take no more, as if the client had sent CloseStream."""
        self.closing = True
        self._inbox.push_control(CloseStream())
        self._arrived.set()

    def _too_big(self, data: bytes | None, text: str | None) -> bool:
        size = len(data) if data is not None else len((text or "").encode())
        limit = self._settings.max_frame_bytes
        if data is None:
            limit = self._settings.max_control_bytes
        if size <= limit:
            return False
        problem = f"a message of {size} bytes is over the limit of {limit}; send less at a time"
        self._reports.fail("frame_too_big", problem, close_codes.TOO_BIG)
        return True

    async def _slow_down(self, cost: float) -> None:
        """Read a flood of messages no faster than its work can be borne; TCP holds it back."""
        pause = self._flow.spend(cost, time.monotonic())
        if not pause:
            return
        if not self._slowed:
            self._slowed = True
            message = "messages come too fast and are read more slowly: send 30 to 50 ms in each"
            self._reports.warn("too_many_messages", message)
        await asyncio.sleep(pause)

    def discard(self) -> float:
        """Forget what waits to be analysed; returns its seconds."""
        return self._inbox.clear()

    async def _take_audio(self, data: bytes, waited_s: float) -> None:
        self.pace.received(len(data) / self._rate, waited_s)
        while self.pace.upload and not self.closing and not self._inbox.fits(len(data)):
            self._room.clear()
            await self._room.wait()
        if self.closing:
            return
        if dropped := self._inbox.push_audio(data):
            self.dropped_s += dropped
            message = f"{dropped:.2f} s of audio were dropped: the server is behind"
            self._reports.warn("audio_dropped", message, seconds=round(dropped, 3))
        self._arrived.set()

    def _take_control(self, text: str | None) -> None:
        """A text frame, or (None) an empty binary one, which closes the stream."""
        try:
            message = CloseStream() if text is None else parse(text)
        except UnknownControl as error:
            self._reports.warn("unknown_control", str(error))
        except ProtocolError as error:
            self._reports.refuse("bad_message", str(error))
        else:
            if isinstance(message, CloseStream) and not self.closing:
                self.close()
            elif not (self.closing or isinstance(message, KeepAlive)):
                self._inbox.push_control(message)
                self._arrived.set()
