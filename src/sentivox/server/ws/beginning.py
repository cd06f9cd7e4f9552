"""How a stream begins on any transport: agree on it, and start or resume its session."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.server.admission.limits import TokenBucket
from sentivox.server.admission.sessions import Owner, RefusalReason
from sentivox.server.dialects.opening import Agreed, Opening
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.conversation import ServedSession
from sentivox.server.ws.refusal import Refused
from sentivox.server.ws.transport import Gone, Transport

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


@dataclass(frozen=True, slots=True)
class Begun:
    """A stream that has begun.

    Attributes:
        agreed: What client and server have agreed on.
        conversation: The session, new or resumed.
        after: Number of the last event the client has; 0 for a new session.
    """

    agreed: Agreed
    conversation: ServedSession
    after: int


def ready_engine(service: Service) -> Backend:
    """The loaded engine; raises Refused while there is none or the server shuts down."""
    if service.unready is None and service.engine is not None:
        return service.engine
    code = close_codes.DRAINING if service.draining else close_codes.BUSY
    raise Refused("not_ready", f"not ready: {service.unready}; try again soon", code, RETRY_AFTER_S)


async def begin(
    service: Service,
    transport: Transport,
    opening: Opening,
    owner: Owner,
    idle_s: float | None = None,
) -> Begun:
    """Agree with the client on a stream, and start or resume its session.

    Args:
        service: The server.
        transport: The connection to the client.
        opening: Begins a stream of the client's protocol.
        owner: The client.
        idle_s: Seconds the client may say nothing; by default the idle timeout of streams.

    Raises:
        Refused: The stream cannot begin.
        Gone: The client has disconnected.
    """
    settings = service.settings
    try:
        agreed = await _agreed(transport, opening, settings, idle_s or settings.idle_timeout_s)
        # The server may have begun to shut down while the client spoke.
        conversation, after = await _conversation(service, ready_engine(service), agreed, owner)
    except ProtocolError as error:
        raise Refused("bad_request", str(error), close_codes.BAD_FORMAT) from None
    return Begun(agreed, conversation, after)


async def _agreed(
    transport: Transport, opening: Opening, settings: ServerSettings, idle_s: float
) -> Agreed:
    """Exchange frames until client and server agree on a stream.

    Raises:
        ProtocolError: The client asks for something impossible.
        Refused: It says nothing for too long, or too much at a time.
        Gone: It has disconnected, or does not read the answers.
    """
    flow = TokenBucket(settings.messages_per_s)
    try:
        frames = next(opening)
        while True:
            for frame in frames:
                await _answer(transport, frame, settings.send_timeout_s)
            async with asyncio.timeout(idle_s):
                frame = await transport.receive()
            if len(frame) > settings.max_frame_bytes:
                problem = f"a message is longer than {settings.max_frame_bytes} bytes"
                raise Refused("frame_too_big", problem, close_codes.TOO_BIG)
            await asyncio.sleep(flow.spend(settings.control_cost, time.monotonic()))
            frames = opening.send(frame)
    except StopIteration as stop:
        return cast("Agreed", stop.value)
    except TimeoutError:
        problem = f"nothing came for {idle_s:g} s"
        raise Refused("idle", problem, close_codes.IDLE) from None


async def _answer(transport: Transport, frame: str | bytes, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await transport.send(frame)
    except TimeoutError:
        raise Gone(close_codes.REFUSED) from None


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
