"""The streaming endpoint: who may connect, what they ask for, and over to a Connection."""

from fastapi import APIRouter, WebSocket

from sentivox.errors import ProtocolError
from sentivox.server import close_codes
from sentivox.server.connection import Connection
from sentivox.server.logs import log
from sentivox.server.negotiation import from_query, origin_allowed
from sentivox.server.service import Service
from sentivox.stream.events import Error, encode

router = APIRouter()


@router.websocket("/v1/stream")
@router.websocket("/ws/analyze")
async def stream(socket: WebSocket) -> None:
    """One stream, protocol v1."""
    service: Service = socket.app.state.service
    # Accepted first: a browser is told no reason for a handshake that was refused.
    await socket.accept()
    if not origin_allowed(
        socket.headers.get("origin"), socket.headers.get("host"), service.settings.allowed_origins
    ):
        await _refuse(socket, "origin", "this page's origin may not connect", close_codes.REFUSED)
        return
    unready = service.unready
    if unready is not None or service.engine is None:
        code = close_codes.DRAINING if service.draining else close_codes.BUSY
        await _refuse(socket, "not_ready", f"not ready: {unready}; try again soon", code)
        return
    try:
        request = from_query(socket.query_params, service.settings.stream)
        connection = Connection(socket, request, service.engine, service.settings, service.recorder)
    except ProtocolError as error:
        await _refuse(socket, "bad_request", str(error), close_codes.BAD_FORMAT)
        return
    with service.serving(connection):
        await connection.run()


async def _refuse(socket: WebSocket, code: str, message: str, close: int) -> None:
    log("refused", code=code, reason=message)
    error = Error(seq=1, code=code, message=message, fatal=True)
    await socket.send_text(encode(error).decode())
    await socket.close(close)
