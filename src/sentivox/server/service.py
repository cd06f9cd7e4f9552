"""What one server process holds: the engine once it is loaded, and the open connections."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager

from sentivox.engine.engine import Engine
from sentivox.engine.profiles import Progress
from sentivox.errors import SentivoxError
from sentivox.server.auth import Gate
from sentivox.server.connection import Connection
from sentivox.server.limits import Seats
from sentivox.server.logs import log, logger
from sentivox.server.recorder import Recorder
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
        self.connections: set[Connection] = set()
        self.gate = Gate(settings.keyring, settings.ticket_s)
        self.by_address = Seats(settings.max_per_address)
        self.by_holder = Seats(settings.max_per_token)
        self.uploads = asyncio.Semaphore(settings.max_uploads)
        self.recorder = None if settings.save_audio is None else Recorder(settings.save_audio)
        self._loader = None if isinstance(source, Engine) else source
        self._stages: list[str] = []  # being loaded now
        self.idle = asyncio.Event()  # no connection is open
        self.idle.set()
        self._loading: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether as many streams are open as may be."""
        return len(self.connections) >= self.settings.capacity

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
        if self._loader is not None:
            self._loading = asyncio.create_task(self._load(self._loader))

    async def stop(self) -> None:
        """Close what we opened."""
        if self._loading is not None:
            await self._loading  # a thread cannot be interrupted; loading takes seconds
            if self.engine is not None:
                await asyncio.to_thread(self.engine.close)
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)

    @contextmanager
    def serving(self, connection: Connection, address: str, holder: str) -> Generator[None]:
        """Count a connection as open meanwhile, and as one of this address and token."""
        self.connections.add(connection)
        self.idle.clear()
        try:
            with self.by_address.taken(address), self.by_holder.taken(holder):
                yield
        finally:
            self.connections.discard(connection)
            if not self.connections:
                self.idle.set()

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
