"""Refusal of a stream: sends the client the reason and closes the socket."""

from starlette.websockets import WebSocket

from sentivox.protocol.close_codes import reason
from sentivox.protocol.events import Error, encode
from sentivox.sinks.log import log


class Refused(Exception):  # noqa: N818  (named for what happened)
    """A stream cannot begin.

    Args:
        code: Machine-readable code of the Error event.
        message: One line for people that says what to do.
        close: Close code of the WebSocket.
        retry_after_s: Seconds after which it may be worth trying again, if known.
    """

    def __init__(
        self, code: str, message: str, close: int, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.close = close
        self.error = Error(
            seq=1, code=code, message=message, fatal=True, retry_after_s=retry_after_s
        )


async def refuse(socket: WebSocket, refused: Refused) -> None:
    """Log the refusal, send its Error on an accepted socket, and close the socket."""
    address = None if socket.client is None else socket.client.host
    log("refused", code=refused.error.code, reason=refused.error.message, address=address)
    await socket.send_text(encode(refused.error).decode())
    await socket.close(refused.close, reason(refused.error.message))
