"""What one server process holds: the engine once it is loaded, and the open sessions."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sentivox.engine.engine import Engine
from sentivox.engine.profiles import Progress
from sentivox.errors import SentivoxError
from sentivox.server.auth import Gate
from sentivox.server.logs import log, logger
from sentivox.server.metrics import Metrics
from sentivox.server.recorder import Recorder
from sentivox.server.sessions import Sessions
from sentivox.server.settings import ServerSettings

Loader = Callable[[Progress], Engine]
"""Loads an engine; blocking, called in a thread."""


class Service:
    """The state of one app. Models load once, in a thread, while the server already answers.

    Args:
        source: An engine that somebody else owns and closes, or how to load one of our own.
        settings: Limits and switches.
    """

    def __init__(self, source: Engine | Loader, settings: ServerSettings) -> None:
        self.settings = settings
        self.engine = source if isinstance(source, Engine) else None
        self.failure: str | None = None
        self.draining = False
        self.sessions = Sessions(settings)
        self.metrics = Metrics(self.sessions.__len__, settings.capacity, self._pool)
        self.gate = Gate(settings.keyring, settings.ticket_s)
        self.uploads = asyncio.Semaphore(settings.max_uploads)
        self.recorder = None if settings.save_audio is None else Recorder(settings.save_audio)
        self._loader = None if isinstance(source, Engine) else source
        self._stages: list[str] = []  # being loaded now
        self._loading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def unready(self) -> str | None:
        """Why requests cannot be served now, or None when they can."""
        if self.draining:
            return "shutting down"
        if self.failure is not None:
            return f"models could not be loaded: {self.failure}"
        return None if self.engine is not None else f"loading {', '.join(self._stages) or 'models'}"

    def start(self) -> None:
        """Begin to load; returns at once."""
        self._watching = asyncio.create_task(self.metrics.watch_loop())
        if self._loader is not None:
            self._loading = asyncio.create_task(self._load(self._loader))

    async def stop(self) -> None:
        """Close what we opened."""
        if self._watching is not None:
            self._watching.cancel()
        if self._loading is not None:
            await self._loading  # a thread cannot be interrupted; loading takes seconds
            if self.engine is not None:
                await asyncio.to_thread(self.engine.close)
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)
        if self.settings.tracing is not None:
            await asyncio.to_thread(self.settings.tracing.close)

    def _pool(self) -> dict[str, Any] | None:
        return None if self.engine is None else self.engine.asr_stats()

    async def _load(self, loader: Loader) -> None:
        def progress(stage: str, done: bool) -> None:
            if done:
                self._stages.remove(stage)
                log("loaded", stage=stage)
            else:
                self._stages.append(stage)

        try:
            self.engine = await asyncio.to_thread(loader, progress)
        except SentivoxError as error:
            self.failure = str(error)
        except Exception as error:  # noqa: BLE001  (a bug; but say that we are not ready)
            logger.exception("loading failed")
            self.failure = repr(error)
        else:
            log("ready", profile=self.engine.profile)
            if mismatch := self.settings.stream.calibration.mismatch(self.engine.names()):
                log("calibration", level=logging.WARNING, problem=mismatch)
