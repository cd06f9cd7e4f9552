"""Transports that carry frames between server and client: an interface, and WebSocket."""

from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sentivox.protocol import close_codes
from sentivox.server.dialects.dialect import Frame


class Gone(Exception):  # noqa: N818  (named for what happened)
    """The client has disconnected.

    Args:
        code: Close code of the connection.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Transport(Protocol):
    """A connection to one client."""

    @property
    def open(self) -> bool:
        """Whether the server has not yet closed the connection."""
        ...

    async def receive(self) -> Frame:
        """Wait for and return the next frame.

        Raises:
            Gone: The client has disconnected.
            ProtocolError: What came is no frame, and nothing after it can be understood.
        """
        ...

    async def send(self, frame: Frame) -> None:
        """Send a frame; waits while the client does not read.

        Raises:
            Gone: The client has disconnected.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close the connection.

        Raises:
            Gone: The client has disconnected.
        """
        ...


class WebSocketTransport:
    """A `Transport` over an accepted WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    @property
    def open(self) -> bool:
        """Whether the server has not yet closed the connection."""
        return self._socket.application_state is WebSocketState.CONNECTED

    async def receive(self) -> Frame:
        """The next frame; raises Gone if the client has disconnected."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Gone(message.get("code", close_codes.GONE))
        data = message.get("bytes")
        return message.get("text") or "" if data is None else data

    async def send(self, frame: Frame) -> None:
        """Send a frame; raises Gone if the client has disconnected."""
        try:
            if isinstance(frame, str):
                await self._socket.send_text(frame)
            else:
                await self._socket.send_bytes(frame)
        except WebSocketDisconnect as gone:
            raise Gone(gone.code) from None

    async def close(self, code: int, reason: str) -> None:
        """Close the WebSocket; raises Gone if it is closed already."""
        try:
            await self._socket.close(code, reason)
        except (RuntimeError, WebSocketDisconnect):
            raise Gone(close_codes.GONE) from None


class Unread:
    """A `Transport` on which a frame was received that is still to be read.

    Args:
        transport: The transport.
        frame: That frame.
    """

    def __init__(self, transport: Transport, frame: Frame) -> None:
        self._transport = transport
        self._frame: Frame | None = frame

    @property
    def open(self) -> bool:
        """Whether the server has not yet closed the connection."""
        return self._transport.open

    async def receive(self) -> Frame:
        """That frame, and then those that follow; raises Gone if the client has disconnected."""
        frame, self._frame = self._frame, None
        return await self._transport.receive() if frame is None else frame

    async def send(self, frame: Frame) -> None:
        """Send a frame; raises Gone if the client has disconnected."""
        await self._transport.send(frame)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection; raises Gone if it is closed already."""
        await self._transport.close(code, reason)
