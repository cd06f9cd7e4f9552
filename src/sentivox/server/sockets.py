"""The streaming endpoint: who may connect, what they ask for, and over to a Connection."""

from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from sentivox.engine.engine import Engine
from sentivox.errors import ProtocolError
from sentivox.server import close_codes
from sentivox.server.auth import Unauthorized, spoken
from sentivox.server.connection import Connection
from sentivox.server.limits import neighbourhood
from sentivox.server.negotiation import from_query, origin_allowed
from sentivox.server.refusal import Refused, refuse
from sentivox.server.service import Service
from sentivox.stream.config import StreamConfig

router = APIRouter()

RETRY_S = 2.0
"""After this long a server that is loading or restarting may be ready, or have room."""


@router.websocket("/v1/stream")
@router.websocket("/ws/analyze")
async def stream(socket: WebSocket) -> None:
    """One stream, protocol v1."""
    service: Service = socket.app.state.service
    # Accepted first: a browser is told no reason for a handshake that was refused.
    await socket.accept(spoken(socket.scope["subprotocols"]))
    try:
        holder = _caller(socket, service)
        engine = _is_ready(service)
        address = neighbourhood(socket.client.host if socket.client is not None else "")
        _has_room(service, address, holder)
        connection = _open(socket, service, engine)
    except Refused as refused:
        with suppress(WebSocketDisconnect):  # it has gone already
            await refuse(socket, refused)
        return
    with service.serving(connection, address, holder):
        await connection.run()


def _caller(socket: WebSocket, service: Service) -> str:
    """The name of whoever calls; "" where no token is needed."""
    if not origin_allowed(
        socket.headers.get("origin"), socket.headers.get("host"), service.settings.allowed_origins
    ):
        raise Refused("origin", "this page's origin may not connect", close_codes.REFUSED)
    try:
        return service.gate.caller(
            socket.headers, socket.scope["subprotocols"], socket.query_params
        )
    except Unauthorized as error:
        raise Refused("unauthorized", str(error), close_codes.REFUSED) from None


def _has_room(service: Service, address: str, holder: str) -> None:
    if service.full:
        message = f"all {service.settings.capacity} streams are taken; try again soon"
        raise Refused("full", message, close_codes.BUSY, RETRY_S)
    for seats, key, whose in (
        (service.by_address, address, "address"),
        (service.by_holder, holder, "token"),
    ):
        if key and not seats.free(key):
            message = f"too many streams of this {whose} are open; close one first"
            raise Refused("too_many_streams", message, close_codes.BUSY, RETRY_S)


def _is_ready(service: Service) -> Engine:
    if service.unready is None and service.engine is not None:
        return service.engine
    code = close_codes.DRAINING if service.draining else close_codes.BUSY
    raise Refused("not_ready", f"not ready: {service.unready}; try again soon", code, RETRY_S)


def _open(socket: WebSocket, service: Service, engine: Engine) -> Connection:
    try:
        request = from_query(socket.query_params, StreamConfig())
        return Connection(socket, request, engine, service.settings, service.recorder)
    except ProtocolError as error:
        raise Refused("bad_request", str(error), close_codes.BAD_FORMAT) from None
