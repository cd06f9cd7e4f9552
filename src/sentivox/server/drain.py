"""Going down without losing what was said."""

import asyncio
from contextlib import suppress
from typing import Final

from sentivox.server.service import Service
from sentivox.sinks.log import log

GOODBYE_S: Final = 1.0
"""So long clients have to read their last messages."""

LAST_S: Final = 0.5
"""So long connections have to close; those that do not are cut."""


async def drain(service: Service) -> None:
    """Take nothing new, let open sessions finish for a while, then finish them without waiting.

    Uploads are ended at once and told to come back. Each session gets its utterances, Summary and
    Termination either way, and is closed with 1012; those whose words did not come in time go
    without. All of it, and closing the connections afterwards, is over within `drain_s`, even
    where a client does not read; but each step has its least time, which counts below 4 s.
    """
    service.draining = True
    service.uploads.close()
    sessions = service.sessions
    log("draining", sessions=len(sessions))
    sessions.wait_no_more()
    for conversation in sessions.conversations:
        conversation.drain()
    with suppress(TimeoutError):
        rest = service.settings.drain_s - GOODBYE_S - 2 * LAST_S
        patience = max(rest, service.settings.drain_s / 2)
        await asyncio.wait_for(sessions.none_open.wait(), patience)
    for conversation in sessions.conversations:
        conversation.hurry()
    with suppress(TimeoutError):
        await asyncio.wait_for(sessions.none_open.wait(), GOODBYE_S)
