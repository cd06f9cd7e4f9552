"""One session on the server, which outlives the connections of its client.

    Intake -> analysis (Driver, Session) -> Outlet

A client's errors, and bugs that its audio triggers, end its own session and affect no other.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.protocol.commands import Configure, Control, Finalize, GetSummary
from sentivox.protocol.events import Begin, Error, Event
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.server.dialects.dialect import Dialect
from sentivox.server.negotiation import StreamRequest, configured, watched
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.driver import Driver
from sentivox.server.ws.inbox import Inbox
from sentivox.server.ws.inspection import AudioFinding, Inspection
from sentivox.server.ws.intake import Intake, gathered
from sentivox.server.ws.mistakes import MAX_MISTAKES, Mistakes
from sentivox.server.ws.outlet import Outlet
from sentivox.server.ws.summaries import Summaries
from sentivox.sinks.alerts import AlertSink
from sentivox.sinks.log import UtteranceLog, log, logger
from sentivox.sinks.metrics import Metrics
from sentivox.sinks.recorder import Recorder
from sentivox.sinks.sink import Follower, Sink
from sentivox.sinks.tracing import Trace
from sentivox.sinks.utterance_audio import UtteranceAudio
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.session import Numbering
from sentivox.types import Int16Array


class ServedSession:
    """A session from Begin to Termination; Begin is queued for the client on construction.

    Args:
        request: The stream as the query asked for it.
        engine: The engine, shared by all conversations.
        settings: Limits of the server.
        max_streams: Number of such streams that may be open at a time, reported in Begin.
        open_streams: Returns the number of streams open now.
        metrics: Counts the session's audio and events.
        dialect: Protocol that the client uses.
        recorder: Saves each utterance to disk; None unless the operator asked for it.
        followers: Makes the sinks of this session that are told when it is removed; it is given
            `warn`.

    Attributes:
        request: The stream as the query asked for it.
        dialect: Protocol that the client uses.
        intake: Takes the client's audio and control messages.
        outlet: Passes on the session's events.
        session_id: Identifier of the session.

    Raises:
        ProtocolError: The engine cannot serve such a stream.
    """

    def __init__(
        self,
        request: StreamRequest,
        engine: Backend,
        settings: ServerSettings,
        *,
        max_streams: int,
        open_streams: Callable[[], int],
        metrics: Metrics,
        dialect: Dialect,
        recorder: Recorder | None = None,
        followers: Callable[[Callable[[str, str], None]], Sequence[Follower]] = lambda _: (),
    ) -> None:
        self.request = request
        self.dialect = dialect
        self._config = request.config
        self._engine = engine
        self._settings = settings
        self._max_streams = max_streams
        self._level = Degradation.NONE
        self._metrics = metrics
        self._trace = Trace(settings.tracing)
        named = frozenset(rule.name for rule in request.config.alerts)
        sinks: list[Sink] = [
            metrics,
            AlertSink(metrics, named),
            self._trace,
            UtteranceLog(words=settings.log_transcripts),
        ]
        if recorder is not None:
            sinks.append(UtteranceAudio(self._clip, recorder.save))
        self._followers = followers(self.warn)
        sinks += self._followers
        self.outlet = Outlet(settings, sinks, dialect)
        frame = request.format.frame_bytes
        self._rate = request.format.sample_rate * frame
        inbox = Inbox(
            frame_bytes=frame,
            bytes_per_second=self._rate,
            limit_s=settings.backlog_s,
            slice_s=settings.slice_s,
        )
        self.intake = Intake(
            inbox,
            self._rate,
            self._lost,
            lambda: gathered(open_streams()),
            Inspection(request.format, self._no_raw_audio, certain=request.decoded),
        )
        self._driver = self._open(request.config)
        self._begin = self._driver.session.begin()
        self.session_id = self._begin.session_id
        self._reason = "closed"
        self._heard = 0  # bytes analysed
        self._dropped_s = 0.0
        self._mistakes = Mistakes()
        self._summaries = Summaries(lambda: self.outlet.put(self._driver.session.summary()))
        self._began = time.monotonic()
        self.outlet.put(self._begin)

    def start(self) -> None:
        """Start the analysis and the timer of `max_session_s`."""
        audio = self.request.format
        log("session_begin", session=self.session_id, encoding=audio.encoding,
            rate=audio.sample_rate, channels=audio.channels)  # fmt: skip
        for name in self.request.unknown[:8]:
            self.warn("unknown_parameter", f"unknown query parameter {name[:40]!r}")
        loop = asyncio.get_running_loop()
        self._limit = loop.call_later(self._settings.max_session_s, self._expire)
        self._analysis = asyncio.create_task(self._analyse())

    def stop(self, code: int) -> None:
        """End the session: cancel its work, and count and log it with this close code."""
        self._limit.cancel()
        self._summaries.stop()
        self._analysis.cancel()
        for follower in self._followers:  # while the session still knows its channels
            follower.stop(
                self.session_id, self._heard / self._rate, self._driver.session.broken_off
            )
        self._driver.stop()
        self._metrics.ended(code)
        log("session_end", session=self.session_id, code=code,
            audio_s=self._heard / self._rate, dropped_s=self._dropped_s,
            wall_s=time.monotonic() - self._began)  # fmt: skip

    @property
    def heard_s(self) -> float:
        """Seconds of audio received, including dropped audio."""
        return self.intake.received / self._rate

    def resumed_begin(self, seq: int) -> Begin:
        """The Begin for a client that resumes with the events up to number `seq`.

        It is not a new event, so it carries the number of the last one the client has.
        """
        return msgspec.structs.replace(
            self._begin, seq=seq, t=self._clock, resumed=True, audio_bytes=self.intake.received
        )

    def drain(self) -> None:
        """Finish the audio received so far, then close with 1012: the server is shutting down."""
        self.outlet.code, self._reason = close_codes.DRAINING, "draining"
        self.outlet.reason = close_codes.SHUTTING_DOWN
        self.intake.close()

    def finish_now(self) -> None:
        """End the drain: drop waiting audio, and finish with the results available now."""
        if waiting := self.intake.discard():
            self._lost(waiting, "shutting down")
        self._driver.handle(self._driver.session.close(self._reason))
        self._driver.give_up(self._reason)

    def degrade(self, level: Degradation) -> None:
        """Set the degradation level of this session; the client is told."""
        self._level = level
        if not self.outlet.ending.done():
            self._driver.degrade(level)

    def warn(self, code: str, message: str, **detail: object) -> None:
        """Send the client a Warning about something lost or ignored."""
        self._say(WarningEvent(t=self._clock, code=code, message=message, detail=detail))

    def refuse(self, code: str, message: str) -> None:
        """Send a non-fatal Error about an invalid message; too many of them end the session."""
        self._say(Error(t=self._clock, code=code, message=message, fatal=False))
        self._count()

    def ignore(self, code: str, message: str) -> None:
        """Send a Warning, once per text, that a message was ignored; too many end the session."""
        if self._mistakes.is_new(message):
            self.warn(code, message)
            self._count()

    def _count(self) -> None:
        if self._mistakes.too_many():
            problem = f"{MAX_MISTAKES} messages were invalid; see /docs for the valid ones"
            self.fail("too_many_errors", problem, close_codes.BAD_FORMAT)

    def fail(self, code: str, message: str, close: int) -> None:
        """Send a fatal Error and end the session with close code `close`.

        Where the results are for others, what was heard is analysed to its end first.
        """
        finishes = self.dialect.outlives and close != close_codes.BUG
        self._say(Error(t=self._clock, code=code, message=message, fatal=not finishes))
        if not finishes:
            self.outlet.end(close, message)
        elif not self.intake.closing:
            self._reason = code
            self.outlet.code, self.outlet.reason = close, message
            self.intake.close()

    def _no_raw_audio(self, finding: AudioFinding) -> None:
        if finding.fatal:
            self.fail("not_raw_audio", finding.message, close_codes.BAD_FORMAT)
        else:
            self.warn("not_raw_audio", finding.message)

    def _lost(self, seconds: float, why: str = "the server is behind") -> None:
        self._dropped_s += seconds
        message = f"{seconds:.2f} s of audio were dropped: {why}"
        self.warn("audio_dropped", message, seconds=round(seconds, 3))

    def _expire(self) -> None:
        """Finish the session because it has reached `max_session_s`."""
        if not self.intake.closing:
            self._reason = "session_limit"
            limit = self._settings.max_session_s
            self.warn("session_limit", f"sessions are limited to {limit:g} s; please reconnect")
            self.intake.close()

    async def _analyse(self) -> None:
        """Feed the session slice by slice, yielding to other connections after each."""
        try:
            while not self.outlet.ending.done():
                item = await self.intake.next()
                if isinstance(item, bytes):
                    await self._hear(item)
                else:
                    self._handle_control(item)
        except Exception as error:  # noqa: BLE001  (a bug must end its session and no other)
            self._broken(error)

    async def _hear(self, audio: bytes) -> None:
        self._heard += len(audio)
        self._metrics.heard(len(audio) / self._rate)
        self._driver.handle(self._driver.session.feed(audio))
        if self._heard > self._settings.max_session_s * self._rate:
            self._expire()
        await asyncio.sleep(0)
        # An upload can wait, so a slow recogniser costs it neither audio nor transcripts.
        while self.intake.pace.upload and self._driver.behind:
            self._driver.progress.clear()
            await self._driver.progress.wait()

    def _handle_control(self, message: Control) -> None:
        session = self._driver.session
        match message:
            case Configure():
                self._configure(message)
            case Finalize():
                self._driver.handle(session.finalize())
            case GetSummary():
                self._summaries.ask()
            case _:
                self._driver.handle(session.close(self._reason))

    def _configure(self, message: Configure) -> None:
        """Replace the session by one with another config, and send a second Begin.

        Only possible before any audio; after that the message is ignored with a Warning.
        """
        if self._heard:
            self.ignore("too_late", "Configure has no effect once audio has been sent")
            return
        before = self._driver
        try:
            config = configured(message, self._config)
            if message.alerts is not None:
                config = watched(config, message.alerts, self.request.format.channels)
            self._driver = self._open(config, self._driver.session.numbering)
        except ProtocolError as error:
            self.refuse("bad_config", str(error))
            return
        before.stop()
        self._config = config
        self._begin = self._driver.session.begin()
        self.outlet.put(self._begin)
        self._driver.degrade(self._level)

    def _open(self, config: StreamConfig, numbering: Numbering | None = None) -> Driver:
        return Driver(
            self._engine.open(
                self.request.format,
                config,
                limits=self._settings.limits(self._max_streams),
                numbering=numbering,
            ),
            self._engine,
            self.outlet.put,
            self._broken,
            ran=self._trace.ran,
            is_live=lambda: not self.intake.pace.upload,
            late_s=self._settings.late_s,
            max_pending_asr_s=self._settings.pending_asr_s,
        )

    def _say(self, event: Event) -> None:
        """Send an event that does not come from the session, with the session's next number."""
        self.outlet.put(self._driver.session.numbering.stamp(event))

    def _clip(self, channel: int, start: float, end: float) -> Int16Array:
        return self._driver.session.clip(channel, start, end)

    def _broken(self, error: Exception) -> None:
        logger.error("session failed", exc_info=error)
        self.fail("internal", close_codes.MISTAKE, close_codes.BUG)

    @property
    def _clock(self) -> float:
        return self._driver.session.position
