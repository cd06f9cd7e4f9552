"""Monitors how far behind the server is, and degrades all streams accordingly."""

import asyncio
import logging
from typing import Final

from sentivox.engine.backend import Backend
from sentivox.engine.degrade import Behind, DegradationLadder
from sentivox.server.admission.sessions import Sessions
from sentivox.sinks.log import log

LOOK_EVERY_S: Final = 0.25
"""Seconds between two measurements."""


async def monitor_overload(engine: Backend, sessions: Sessions, late_s: float) -> None:
    """Measure the load every `LOOK_EVERY_S` and adapt the degradation level; never returns.

    Args:
        engine: Asked how long jobs wait for its workers.
        sessions: The open sessions, set to the new level when it changes.
        late_s: Seconds a live transcript may take before the server counts as behind.
    """
    clock, ladder = asyncio.get_running_loop().time, DegradationLadder()
    while True:
        due = clock() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        waits = engine.waits()
        behind = Behind(
            words=waits.words,
            models=waits.models,
            loop=max(0.0, clock() - due),
            audio=_waiting_audio(sessions),
        )
        before = ladder.level
        level = ladder.step(behind.pressure(late_s), clock())
        if level is not before:
            log("degraded" if level else "restored", level=logging.WARNING, to=level.name,
                words_s=behind.words, models_s=behind.models, loop_s=behind.loop,
                audio_s=behind.audio)  # fmt: skip
            sessions.degrade(level)


def _waiting_audio(sessions: Sessions) -> float:
    """The largest backlog of audio of any live stream in seconds; an upload may have one."""
    return max(
        (c.intake.waiting_s for c in sessions.conversations if not c.intake.pace.upload),
        default=0.0,
    )
