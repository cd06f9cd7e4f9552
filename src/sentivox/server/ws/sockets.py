"""The WebSocket endpoint: checks access, reads the query, and starts or resumes a session."""

from contextlib import suppress
from functools import partial
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.server.admission.auth import Unauthorized, accepted_subprotocol
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner, RefusalReason
from sentivox.server.dialects.v1 import V1
from sentivox.server.negotiation import StreamRequest, from_query, origin_allowed, origin_refused
from sentivox.server.service import Service
from sentivox.server.ws.connection import Connection
from sentivox.server.ws.conversation import ServedSession
from sentivox.server.ws.refusal import Refused, refuse
from sentivox.server.ws.transport import WebSocketTransport

router = APIRouter()

RETRY_AFTER_S = 2.0
"""Seconds after which a refused client should try again (loading, restarting or full)."""

_TAKEN: Final = "all streams of this {} are taken; close one, or try again soon"
_LACKS: Final[dict[RefusalReason, tuple[str, str]]] = {
    "overloaded": ("full", "the server is behind with the streams it has; try again soon"),
    "server": ("full", _TAKEN.format("server")),
    "address": ("too_many_streams", _TAKEN.format("address")),
    "token": ("too_many_streams", _TAKEN.format("token")),
}
"""Error code and message for each reason to refuse a stream."""


@router.websocket("/v1/stream")
@router.websocket("/ws/analyze")
async def stream(socket: WebSocket) -> None:
    """Serve one stream of protocol v1."""
    service: Service = socket.app.state.service
    # Accepted first, because a browser hides the reason why a handshake was refused.
    await socket.accept(accepted_subprotocol(socket.scope["subprotocols"]))
    try:
        owner = _caller(socket, service)
        engine = _is_ready(service)
        request = from_query(socket.query_params, service.defaults())
        conversation, after = await _conversation(service, engine, request, owner)
    except ProtocolError as error:
        await _refuse(socket, service, Refused("bad_request", str(error), close_codes.BAD_FORMAT))
    except Refused as refused:
        await _refuse(socket, service, refused)
    else:
        transport = WebSocketTransport(socket)
        connection = Connection(transport, conversation, service.settings, after)
        await service.sessions.serve(conversation, connection)


async def _refuse(socket: WebSocket, service: Service, refused: Refused) -> None:
    service.metrics.refused(refused.error.code)
    with suppress(WebSocketDisconnect):  # the client has already gone
        await refuse(socket, refused)


def _caller(socket: WebSocket, service: Service) -> Owner:
    """Check the origin and authenticate the client.

    Raises:
        Refused: The page's origin is not allowed, or the token is missing or invalid.
    """
    origin = socket.headers.get("origin")
    if not origin_allowed(origin, socket.headers.get("host"), service.settings.allowed_origins):
        raise Refused("origin", origin_refused(origin), close_codes.REFUSED)
    try:
        holder = service.gate.caller(
            socket.headers, socket.scope["subprotocols"], socket.query_params
        )
    except Unauthorized as error:
        raise Refused("unauthorized", str(error), close_codes.REFUSED) from None
    return Owner(holder, neighbourhood(socket.client.host if socket.client is not None else ""))


def _is_ready(service: Service) -> Backend:
    """The loaded engine; raises Refused while there is none or the server shuts down."""
    if service.unready is None and service.engine is not None:
        return service.engine
    code = close_codes.DRAINING if service.draining else close_codes.BUSY
    raise Refused("not_ready", f"not ready: {service.unready}; try again soon", code, RETRY_AFTER_S)


async def _conversation(
    service: Service, engine: Backend, request: StreamRequest, owner: Owner
) -> tuple[ServedSession, int]:
    """The conversation to resume, or a new one.

    Returns:
        The conversation, and the number of the last event the client has; 0 for a new one.

    Raises:
        Refused: There is no room for the stream.
        ProtocolError: The engine cannot serve such a stream.
    """
    resume = request.resume
    if resume is not None:
        found = await service.sessions.resumed(resume, request.format, owner)
        if found is not None:
            return found, resume.last_seq
    if lack := service.sessions.full(owner, request):
        code, message = _LACKS[lack]
        raise Refused(code, message, close_codes.BUSY, RETRY_AFTER_S)
    conversation = ServedSession(
        request,
        engine,
        service.settings,
        max_streams=service.sessions.most(request.demand),
        open_streams=service.sessions.__len__,
        metrics=service.metrics,
        dialect=V1(),
        recorder=service.recorder,
        followers=partial(service.followers, owner.holder),
    )
    service.sessions.add(conversation, owner)
    if resume is not None:
        conversation.warn(
            "not_resumed", "that session has ended or is not yours: this is a new one"
        )
    return conversation, 0
