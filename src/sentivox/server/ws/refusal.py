"""A stream that is not to be: its client is told why, and the socket closed."""

from starlette.websockets import WebSocket

from sentivox.protocol.close_codes import reason
from sentivox.protocol.events import Error, encode
from sentivox.sinks.log import log


class Refused(Exception):  # noqa: N818  (says what became of it)
    """Why a stream cannot begin.

    Args:
        code: For programs.
        message: For people: one line that says what to do.
        close: The close code.
        retry_after_s: When it may be worth trying again.
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
    """Say so on an accepted socket and close it."""
    address = None if socket.client is None else socket.client.host
    log("refused", code=refused.error.code, reason=refused.error.message, address=address)
    await socket.send_text(encode(refused.error).decode())
    await socket.close(refused.close, reason(refused.error.message))
