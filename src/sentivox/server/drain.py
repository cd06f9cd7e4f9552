"""Graceful shutdown: let open sessions finish before the server closes their connections."""

import asyncio
from contextlib import suppress
from typing import Final

from sentivox.server.service import Service
from sentivox.sinks.log import log

FINISH_S: Final = 1.0
"""Seconds clients have to read their last messages."""

CLOSE_S: Final = 0.5
"""Seconds connections have to close before they are cut."""


async def drain(service: Service) -> None:
    """Admit nothing new, give open sessions time to finish, then finish them without waiting.

    Uploads are ended at once with 503 and Retry-After. Each session gets its utterances, Summary
    and Termination and is closed with 1012; an utterance whose transcript is not ready in time goes
    out without one. Draining and closing the connections take at most `drain_s` in all, even if a
    client does not read, except that each step has a minimum, which shows if `drain_s` is below
    4 s.
    """
    service.draining = True
    service.uploads.close()
    sessions = service.sessions
    log("draining", sessions=len(sessions))
    sessions.drop_disconnected()
    for conversation in sessions.conversations:
        conversation.drain()
    with suppress(TimeoutError):
        rest = service.settings.drain_s - FINISH_S - 2 * CLOSE_S
        patience = max(rest, service.settings.drain_s / 2)
        await asyncio.wait_for(sessions.none_open.wait(), patience)
    for conversation in sessions.conversations:
        conversation.finish_now()
    with suppress(TimeoutError):
        await asyncio.wait_for(sessions.none_open.wait(), FINISH_S)
