"""The state of one server process: the engine, the open sessions, uploads and metrics."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sentivox.engine.capacity import capacity_of
from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.errors import SentivoxError
from sentivox.server.admission.auth import Authenticator
from sentivox.server.admission.overload_monitor import monitor_overload
from sentivox.server.admission.sessions import Sessions
from sentivox.server.admission.twilio import TwilioSignatures
from sentivox.server.admission.upload_slots import UploadSlots
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log, logger
from sentivox.sinks.metrics import Metrics
from sentivox.sinks.recorder import Recorder
from sentivox.sinks.sink import Follower
from sentivox.stream.config import StreamConfig

if TYPE_CHECKING:
    from sentivox.server.http.fetching import Fetcher
    from sentivox.server.keeping import Keeping
    from sentivox.webhooks.service import Webhooks

Loader = Callable[[Progress], Engine]
"""A blocking function that loads an engine and reports its progress; called in a thread."""


def keeping(settings: ServerSettings, erased: Callable[[list[str]], object]) -> "Keeping":
    """What keeps conversations as the settings say; `erased` is told which it erases by age.

    Raises:
        SentivoxError: The extra `store` is not installed, or the store cannot be used.
    """
    try:
        from sentivox.server.keeping import Keeping  # noqa: PLC0415  (optional, and costly)
    except ImportError as error:
        raise SentivoxError(f'a store needs {error.name}: pip install "sentivox[store]"') from None
    return Keeping(settings, erased)


def _signatures(settings: ServerSettings) -> TwilioSignatures | None:
    secret = settings.twilio_auth_token
    return TwilioSignatures(secret, settings.public_url) if secret else None


def _fetcher(settings: ServerSettings) -> "Fetcher | None":
    """What fetches recordings.

    Raises:
        SentivoxError: An origin is wrong, or httpx is not installed.
    """
    if not settings.fetch_from:
        return None
    try:
        from sentivox.server.http.fetching import Fetcher  # noqa: PLC0415  (an extra)
    except ImportError:
        raise SentivoxError('--fetch-from needs: pip install "sentivox[webhooks]"') from None
    return Fetcher(settings.fetch_from)


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
        twilio: Checks Twilio's signatures; None if the server does not know the account's secret.
        fetcher: Fetches recordings that clients name; None unless the operator asked for it.
        uploads: Slots for uploaded recordings.
        recorder: Saves utterances to disk; None unless the operator asked for it.
        keeping: Keeps conversations in a database; None unless the operator asked for it.
        webhooks: Delivers webhooks; None unless the operator asked for it.

    Raises:
        SentivoxError: The store cannot be used.
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
        self.twilio = _signatures(settings)
        self.fetcher = _fetcher(settings)
        self.uploads = UploadSlots(settings)
        self.recorder = None if settings.save_audio is None else Recorder(settings.save_audio)
        self.keeping = None if settings.store is None else keeping(settings, self.forget_audio)
        if self.keeping is not None:
            self.metrics.add(self.keeping.gauges)
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

    def defaults(self) -> StreamConfig:
        """Settings of a stream that begins now and asks for no others."""
        config = self.settings.defaults()
        if self.keeping is None or self.keeping.escalation is None:
            return config
        return replace(config, escalation=self.keeping.escalation)

    def followers(self, holder: str, warn: Callable[[str, str], None]) -> list[Follower]:
        """What follows a new session: the store and the webhooks, where there are any.

        Args:
            holder: Name of the token's holder; "" if the server needs no token.
            warn: Sends the client a Warning with a code and a message.
        """
        found: list[Follower] = []
        if self.keeping is not None:
            found.append(
                self.keeping.sink(
                    owner=holder,
                    source="stream",
                    refused=lambda: warn(
                        "not_stored",
                        "there is no room to keep this conversation: it is not stored from here on",
                    ),
                )
            )
        if self.webhooks is not None:
            found.append(self.webhooks.session())
        return found

    def forget_audio(self, session_ids: Sequence[str]) -> None:
        """Erase the audio that was saved of sessions, in a separate thread."""
        if self.recorder is not None:
            self.recorder.forget(session_ids)

    async def start(self) -> None:
        """Open the store, which takes a few seconds if it is away, and load in the background.

        So no session and no request comes before the store's tables are there. `failure` is set if
        it cannot be used.
        """
        self._watching.append(asyncio.create_task(self.metrics.watch_loop()))
        try:
            if self.keeping is not None:
                await self.keeping.start()
        except SentivoxError as error:
            self.failure = str(error)
            return
        if self.webhooks is not None:
            self.webhooks.start()
        self._preparing = asyncio.create_task(self._prepare())

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
        if self.keeping is not None:
            await self.keeping.stop()
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)
        if self.settings.tracing is not None:
            await asyncio.to_thread(self.settings.tracing.close)

    def _open_webhooks(self) -> "Webhooks | None":
        if self.settings.webhooks is None:
            return None
        from sentivox.webhooks.service import Webhooks  # noqa: PLC0415  (an extra)

        deliveries = None if self.keeping is None else self.keeping.deliveries
        return Webhooks(self.settings.webhooks, self.metrics, deliveries)

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
