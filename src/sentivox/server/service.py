"""The state of one server process: the engine, the open sessions, uploads and metrics."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sentivox.engine.capacity import capacity_of
from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.errors import SentivoxError
from sentivox.server.admission.auth import Authenticator
from sentivox.server.admission.overload_monitor import monitor_overload
from sentivox.server.admission.sessions import Sessions
from sentivox.server.admission.upload_slots import UploadSlots
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log, logger
from sentivox.sinks.metrics import Metrics
from sentivox.sinks.recorder import Recorder

if TYPE_CHECKING:
    from sentivox.webhooks.service import Webhooks

Loader = Callable[[Progress], Engine]
"""A blocking function that loads an engine and reports its progress; called in a thread."""


class Service:
    """The state of one app. Models load once, in a thread, while the server already answers.

    Args:
        source: An engine, which the caller closes, or a function that loads one, which the service
            closes.
        settings: Limits and switches.

    Attributes:
        settings: Limits and switches.
        engine: The engine; None until it is loaded.
        failure: Why loading failed; None if it did not.
        draining: Whether the server is shutting down.
        sessions: The open sessions.
        metrics: The metrics of this app.
        gate: Authenticates requests.
        uploads: Slots for uploaded recordings.
        recorder: Saves utterances to disk; None unless the operator asked for it.
        webhooks: Delivers webhooks; None unless the operator asked for it.
    """

    def __init__(self, source: Engine | Loader, settings: ServerSettings) -> None:
        self.settings = settings
        self.engine = source if isinstance(source, Engine) else None
        self.failure: str | None = None
        self.draining = False
        self.sessions = Sessions(settings)
        self.metrics = Metrics(
            self.sessions.__len__, self.sessions.most, lambda: self.sessions.level, self._pool
        )
        self.gate = Authenticator(settings.keyring, settings.ticket_s)
        self.uploads = UploadSlots(settings)
        self.recorder = None if settings.save_audio is None else Recorder(settings.save_audio)
        self.webhooks = self._open_webhooks()
        self._loader = None if isinstance(source, Engine) else source
        self._stages: list[str] = []  # names of the parts being loaded
        self._preparing: asyncio.Task[None] | None = None
        self._watching: list[asyncio.Task[None]] = []

    @property
    def unready(self) -> str | None:
        """Why requests cannot be served now, or None when they can."""
        if self.draining:
            return "shutting down"
        if self.failure is not None:
            return f"models could not be loaded: {self.failure}"
        if self.engine is None or self.sessions.capacity is None:
            return f"loading {', '.join(self._stages) or 'models'}"
        return None

    def start(self) -> None:
        """Start loading in the background; must be called on the event loop."""
        self._watching.append(asyncio.create_task(self.metrics.watch_loop()))
        self._preparing = asyncio.create_task(self._prepare())
        if self.webhooks is not None:
            self.webhooks.start()

    async def stop(self) -> None:
        """Stop the background tasks and close everything that this service opened."""
        if self._preparing is not None:
            await self._preparing  # a thread cannot be interrupted; loading takes seconds
        for watch in self._watching:
            watch.cancel()
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self._loader is not None and self.engine is not None:
            await asyncio.to_thread(self.engine.close)
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)
        if self.settings.tracing is not None:
            await asyncio.to_thread(self.settings.tracing.close)

    def _open_webhooks(self) -> "Webhooks | None":
        if self.settings.webhooks is None:
            return None
        from sentivox.webhooks.service import Webhooks  # noqa: PLC0415  (an extra)

        return Webhooks(self.settings.webhooks, self.metrics)

    def _pool(self) -> dict[str, Any] | None:
        return None if self.engine is None else self.engine.asr_stats()

    async def _prepare(self) -> None:
        """Load the engine if need be, measure its capacity, and start monitoring it."""
        engine = self.engine
        try:
            if self._loader is not None:
                engine = await asyncio.to_thread(self._loader, self._progress)
            if engine is not None and self.sessions.capacity is None:
                self._progress("capacity", False)
                self.sessions.capacity = capacity_of(await asyncio.to_thread(engine.cost))
                self._progress("capacity", True)
        except SentivoxError as error:
            self.failure = str(error)
        except Exception as error:  # noqa: BLE001  (a bug, but /readyz must report the failure)
            logger.exception("loading failed")
            self.failure = repr(error)
        self.engine = engine
        if engine is not None and self.failure is None:
            self._ready(engine)

    def _ready(self, engine: Engine) -> None:
        log("ready", profile=engine.profile, max_streams=self.sessions.most())
        if mismatch := self.settings.stream.calibration.mismatch(engine.names()):
            log("calibration", level=logging.WARNING, problem=mismatch)
        if self.settings.degrade:
            relief = monitor_overload(engine, self.sessions, self.settings.late_s)
            self._watching.append(asyncio.create_task(relief))

    def _progress(self, stage: str, done: bool) -> None:
        if done:
            self._stages.remove(stage)
            log("loaded", stage=stage)
        else:
            self._stages.append(stage)
