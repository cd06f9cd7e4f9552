"""The WebSocket endpoints: check access, begin a stream, and serve its connection."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from fastapi import APIRouter, WebSocket

from sentivox.protocol import close_codes
from sentivox.server.admission.auth import Unauthorized, accepted_subprotocol
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner
from sentivox.server.admission.twilio import HOLDER
from sentivox.server.dialects.opening import Call, StreamProtocol
from sentivox.server.dialects.registry import stream_protocols
from sentivox.server.negotiation import origin_allowed, origin_refused
from sentivox.server.service import Service
from sentivox.server.ws.beginning import begin, ready_engine
from sentivox.server.ws.connection import Connection
from sentivox.server.ws.refusal import Refused, note, refuse
from sentivox.server.ws.transport import Gone, Transport, Unread, WebSocketTransport
from sentivox.sinks.log import log


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
        ready_engine(service)
        call = Call(socket.query_params, socket.headers, service.defaults())
        begun = await begin(service, transport, protocol.opening(call), owner)
    except Refused as refused:
        note(refused, service.metrics, _address(socket))
        await refuse(socket, protocol, refused)
    except Gone as gone:
        log("client_gone", code=gone.code)
    else:
        agreed = begun.agreed
        if protocol.denial is not None:
            headers = [(n.encode(), v.encode()) for n, v in agreed.headers.items()]
            await socket.accept(accepted, headers)
        if agreed.unread is not None:
            transport = Unread(transport, agreed.unread)
        connection = Connection(transport, begun.conversation, service.settings, begun.after)
        await service.sessions.serve(begun.conversation, connection)


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
    return Owner(holder, neighbourhood(_address(socket)))


def _credentials(headers: Mapping[str, str], key_header: str) -> Mapping[str, str]:
    """The headers, with a token that is a header by itself in the place of protocol v1."""
    key = headers.get(key_header, "") if key_header else ""
    return {"authorization": f"Bearer {key}"} if key and " " not in key else headers


def _address(socket: WebSocket) -> str:
    return "" if socket.client is None else socket.client.host
