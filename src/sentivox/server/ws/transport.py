"""What carries frames to a client and back: a WebSocket; later also what is not one."""

from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sentivox.protocol import close_codes
from sentivox.server.dialects.dialect import Frame


class Gone(Exception):  # noqa: N818  (says what became of the client)
    """The client went away.

    Args:
        code: How it closed the connection.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Transport(Protocol):
    """An open connection."""

    @property
    def open(self) -> bool:
        """Whether it is not closed from our side."""
        ...

    async def receive(self) -> Frame:
        """The next frame.

        Raises:
            Gone: There is none: the client went away.
        """
        ...

    async def send(self, frame: Frame) -> None:
        """Send a frame; waits while the client does not read.

        Raises:
            Gone: The client went away.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close the connection.

        Raises:
            Gone: The client went away.
        """
        ...


class WebSocketTransport:
    """A WebSocket that was accepted.

    Args:
        socket: It.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    @property
    def open(self) -> bool:
        """Whether it is not closed from our side."""
        return self._socket.application_state is WebSocketState.CONNECTED

    async def receive(self) -> Frame:
        """The next frame, or Gone."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Gone(message.get("code", close_codes.GONE))
        data = message.get("bytes")
        return message.get("text") or "" if data is None else data

    async def send(self, frame: Frame) -> None:
        """Send a frame, or Gone."""
        try:
            if isinstance(frame, str):
                await self._socket.send_text(frame)
            else:
                await self._socket.send_bytes(frame)
        except WebSocketDisconnect as gone:
            raise Gone(gone.code) from None

    async def close(self, code: int, reason: str) -> None:
        """Close it, or Gone."""
        try:
            await self._socket.close(code, reason)
        except (RuntimeError, WebSocketDisconnect):
            raise Gone(close_codes.GONE) from None
