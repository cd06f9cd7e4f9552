"""Refusal of a stream: tells the client why, in the shape of its protocol."""

from contextlib import suppress

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sentivox.protocol.close_codes import reason
from sentivox.protocol.events import Error
from sentivox.server.dialects.opening import StreamProtocol
from sentivox.sinks.log import log
from sentivox.sinks.metrics import Metrics


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


def note(refused: Refused, metrics: Metrics, address: str) -> None:
    """Log a refusal of a client at this address ("" if it has none), and count it."""
    log("refused", code=refused.error.code, reason=refused.error.message,
        address=address or None)  # fmt: skip
    metrics.refused(refused.error.code)


async def refuse(socket: WebSocket, protocol: StreamProtocol, refused: Refused) -> None:
    """Tell the client of the refusal: by the answer to its handshake, or on the socket."""
    with suppress(WebSocketDisconnect):  # the client has already gone
        if protocol.denial is not None and socket.application_state is WebSocketState.CONNECTING:
            denial = protocol.denial(refused.error)
            response = Response(denial.body, denial.status, dict(denial.headers))
            await socket.send_denial_response(response)
            return
        refusal = protocol.refusal(refused.error, refused.close)
        for frame in refusal.frames:
            await socket.send({"type": "websocket.send", _kind(frame): frame})
        await socket.close(refusal.code, reason(refusal.reason))


def _kind(frame: str | bytes) -> str:
    return "text" if isinstance(frame, str) else "bytes"
