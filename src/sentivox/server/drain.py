"""Going down without losing what was said."""

import asyncio
from contextlib import suppress

from sentivox.server.logs import log
from sentivox.server.service import Service


async def drain(service: Service) -> None:
    """Take nothing new, let open sessions finish for a while, then finish them without waiting.

    Uploads are ended at once and told to come back. Each session gets its utterances, Summary and
    Termination either way, and is closed with 1012; those whose words did not come in time go
    without.
    """
    service.draining = True
    service.uploads.close()
    sessions = service.sessions
    log("draining", sessions=len(sessions))
    sessions.wait_no_more()
    for conversation in sessions.conversations:
        conversation.drain()
    with suppress(TimeoutError):
        await asyncio.wait_for(sessions.none_open.wait(), service.settings.drain_s)
    for conversation in sessions.conversations:
        conversation.hurry()
    with suppress(TimeoutError):
        await asyncio.wait_for(sessions.none_open.wait(), service.settings.send_timeout_s)
