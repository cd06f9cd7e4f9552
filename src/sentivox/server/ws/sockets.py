"""The WebSocket endpoints: check access, agree on a stream, and start or resume a session."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Final, cast

from fastapi import APIRouter, WebSocket

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.server.admission.auth import Unauthorized, accepted_subprotocol
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner, RefusalReason
from sentivox.server.admission.twilio import HOLDER
from sentivox.server.dialects.opening import Agreed, Call, Opening, StreamProtocol
from sentivox.server.dialects.registry import stream_protocols
from sentivox.server.negotiation import origin_allowed, origin_refused
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.connection import Connection
from sentivox.server.ws.conversation import ServedSession
from sentivox.server.ws.refusal import Refused, refuse
from sentivox.server.ws.transport import Gone, Transport, Unread, WebSocketTransport
from sentivox.sinks.log import log

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


def stream_router(protocols: Collection[str]) -> APIRouter:
    """The routes of protocol v1, and of the protocols of other services that are named."""
    router = APIRouter()
    for protocol in stream_protocols(protocols):
        for path in protocol.paths:
            router.add_api_websocket_route(path, _endpoint(protocol), protocol.name)
    return router


def _endpoint(protocol: StreamProtocol) -> Callable[[WebSocket], Awaitable[None]]:
    async def stream(socket: WebSocket) -> None:
        await _serve(protocol, socket)

    return stream


async def _serve(protocol: StreamProtocol, socket: WebSocket) -> None:
    """Serve one stream of a protocol."""
    service: Service = socket.app.state.service
    accepted = accepted_subprotocol(socket.scope["subprotocols"])
    if protocol.denial is None:
        await socket.accept(accepted)
    transport: Transport = WebSocketTransport(socket)
    try:
        owner = _caller(socket, service, protocol)
        engine = _is_ready(service)
        call = Call(socket.query_params, socket.headers, service.defaults())
        agreed = await _agreed(transport, protocol.opening(call), service.settings)
        conversation, after = await _conversation(service, engine, agreed, owner)
    except ProtocolError as error:
        refused = Refused("bad_request", str(error), close_codes.BAD_FORMAT)
        await _refuse(socket, protocol, service, refused)
    except Refused as refused:
        await _refuse(socket, protocol, service, refused)
    except Gone as gone:
        log("client_gone", code=gone.code)
    else:
        if protocol.denial is not None:
            headers = [(n.encode(), v.encode()) for n, v in agreed.headers.items()]
            await socket.accept(accepted, headers)
        if agreed.unread is not None:
            transport = Unread(transport, agreed.unread)
        connection = Connection(transport, conversation, service.settings, after)
        await service.sessions.serve(conversation, connection)


async def _agreed(transport: Transport, opening: Opening, settings: ServerSettings) -> Agreed:
    """Exchange frames until client and server agree on a stream.

    Raises:
        ProtocolError: The client asks for something impossible.
        Refused: It says nothing for too long, or too much at a time.
        Gone: It has disconnected.
    """
    try:
        frames = next(opening)
        while True:
            for frame in frames:
                await transport.send(frame)
            async with asyncio.timeout(settings.idle_timeout_s):
                frame = await transport.receive()
            if len(frame) > settings.max_frame_bytes:
                problem = f"a message is longer than {settings.max_frame_bytes} bytes"
                raise Refused("frame_too_big", problem, close_codes.TOO_BIG)
            frames = opening.send(frame)
    except StopIteration as stop:
        return cast("Agreed", stop.value)
    except TimeoutError:
        problem = f"nothing came for {settings.idle_timeout_s:g} s"
        raise Refused("idle", problem, close_codes.IDLE) from None


async def _refuse(
    socket: WebSocket, protocol: StreamProtocol, service: Service, refused: Refused
) -> None:
    service.metrics.refused(refused.error.code)
    await refuse(socket, protocol, refused)


def _caller(socket: WebSocket, service: Service, protocol: StreamProtocol) -> Owner:
    """Check the origin and authenticate the client, by its token or its service's signature.

    Raises:
        Refused: The page's origin is not allowed, or token or signature are missing or invalid.
    """
    origin = socket.headers.get("origin")
    if not origin_allowed(origin, socket.headers.get("host"), service.settings.allowed_origins):
        raise Refused("origin", origin_refused(origin), close_codes.REFUSED)
    try:
        if protocol.signed and service.twilio is not None:
            service.twilio.check(
                socket.headers, socket.url.path.removeprefix(socket.scope["root_path"])
            )
            holder = HOLDER
        else:
            holder = service.gate.caller(
                _credentials(socket.headers, protocol.key_header),
                socket.scope["subprotocols"],
                socket.query_params,
            )
    except Unauthorized as error:
        raise Refused("unauthorized", str(error), close_codes.REFUSED) from None
    return Owner(holder, neighbourhood(socket.client.host if socket.client is not None else ""))


def _credentials(headers: Mapping[str, str], key_header: str) -> Mapping[str, str]:
    """The headers, with a token that is a header by itself in the place of protocol v1."""
    key = headers.get(key_header, "") if key_header else ""
    return {"authorization": f"Bearer {key}"} if key and " " not in key else headers


def _is_ready(service: Service) -> Backend:
    """The loaded engine; raises Refused while there is none or the server shuts down."""
    if service.unready is None and service.engine is not None:
        return service.engine
    code = close_codes.DRAINING if service.draining else close_codes.BUSY
    raise Refused("not_ready", f"not ready: {service.unready}; try again soon", code, RETRY_AFTER_S)


async def _conversation(
    service: Service, engine: Backend, agreed: Agreed, owner: Owner
) -> tuple[ServedSession, int]:
    """The conversation to resume, or a new one.

    Returns:
        The conversation, and the number of the last event the client has; 0 for a new one.

    Raises:
        Refused: There is no room for the stream.
        ProtocolError: The engine cannot serve such a stream.
    """
    request, resume = agreed.request, agreed.request.resume
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
        dialect=agreed.dialect,
        recorder=service.recorder,
        followers=partial(service.followers, owner.holder),
    )
    service.sessions.add(conversation, owner)
    if resume is not None:
        conversation.warn(
            "not_resumed", "that session has ended or is not yours: this is a new one"
        )
    return conversation, 0
