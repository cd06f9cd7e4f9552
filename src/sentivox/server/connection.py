"""One client's stream: a reader that always drains, a loop that analyses, a writer.

    socket -> Reader, Inbox -> analysis (Driver, Session) -> Outbox -> socket

Whatever a client does ends here: its own session finishes or fails, and no other notices.
"""

import asyncio
import time

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sentivox.engine.engine import Engine
from sentivox.errors import ProtocolError
from sentivox.server import close_codes
from sentivox.server.control import Configure, Control, Finalize, GetSummary
from sentivox.server.driver import Driver
from sentivox.server.inbox import Inbox
from sentivox.server.logs import log, log_utterance, logger
from sentivox.server.negotiation import Request, configured
from sentivox.server.outbox import Outbox, SlowClient
from sentivox.server.reader import Reader
from sentivox.server.recorder import Clips, Recorder
from sentivox.server.settings import ServerSettings
from sentivox.stream.events import Error, Event, Termination, Utterance
from sentivox.stream.events import Warning as WarningEvent
from sentivox.stream.session import Numbering


class Connection:
    """Serves one accepted WebSocket from Begin to close.

    Args:
        socket: Accepted already.
        request: What the query asked for.
        engine: Shared by all connections.
        settings: Limits.
        recorder: Keeps utterances, when the operator asked for it.

    Raises:
        ProtocolError: the engine cannot serve such a stream.
    """

    def __init__(
        self,
        socket: WebSocket,
        request: Request,
        engine: Engine,
        settings: ServerSettings,
        recorder: Recorder | None = None,
    ) -> None:
        self._socket = socket
        self._request = request
        self._config = request.config
        self._engine = engine
        self._settings = settings
        self._clips = None if recorder is None else Clips(recorder)
        self._driver = self._open()
        begin = self._driver.session.begin()
        self.session_id = begin.session_id
        self._outbox = Outbox(settings.outbox_messages)
        frame = request.format.frame_bytes
        self._rate = request.format.sample_rate * frame
        inbox = Inbox(
            frame_bytes=frame,
            bytes_per_second=self._rate,
            limit_s=settings.backlog_s,
            slice_s=settings.slice_s,
        )
        self._reader = Reader(socket, inbox, self._rate, settings, self)
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._final_code = close_codes.DONE
        self._reason = "closed"
        self._heard = 0  # bytes analysed
        self._emit(begin)

    async def run(self) -> None:
        """Serve until the end, whichever end that is; never raises for what a client did."""
        audio = self._request.format
        log("session_begin", session=self.session_id, encoding=audio.encoding,
            rate=audio.sample_rate, channels=audio.channels)  # fmt: skip
        for name in self._request.unknown[:8]:
            self.warn("unknown_parameter", f"query parameter {name[:40]!r} is not known")
        began, code = time.monotonic(), close_codes.GONE
        loop = asyncio.get_running_loop()
        limit = loop.call_later(self._settings.max_session_s, self._expire)
        try:
            code = await self._serve()
        finally:
            limit.cancel()
            self._driver.stop()
            log("session_end", session=self.session_id, code=code,
                audio_s=self._heard / self._rate, dropped_s=self._reader.dropped_s,
                wall_s=time.monotonic() - began)  # fmt: skip

    def drain(self) -> None:
        """The server is going down: finish what was heard, say goodbye, close 1012."""
        self._final_code, self._reason = close_codes.DRAINING, "draining"
        self._reader.close()

    def hurry(self) -> None:
        """The time for draining is over: finish with what is known."""
        if waiting := self._reader.discard():
            self.warn("audio_dropped", f"{waiting:.2f} s of audio were dropped: shutting down",
                seconds=round(waiting, 3))  # fmt: skip
        self._driver.handle(self._driver.session.close(self._reason))
        self._driver.give_up(self._reason)

    def warn(self, code: str, message: str, **detail: object) -> None:
        """Tell the client of something lost or ignored."""
        self._say(WarningEvent(t=self._clock, code=code, message=message, detail=detail))

    def refuse(self, code: str, message: str) -> None:
        """Tell the client that a message was wrong; the session goes on."""
        self._say(Error(t=self._clock, code=code, message=message, fatal=False))

    def fail(self, code: str, message: str, close: int) -> None:
        """Tell the client what ended its session, and end it."""
        self._say(Error(t=self._clock, code=code, message=message, fatal=True))
        self._end(close)

    def _expire(self) -> None:
        """The session is as long as one may be: finish what was heard."""
        if not self._reader.closing:
            self._reason = "session_limit"
            limit = self._settings.max_session_s
            self.warn("session_limit", f"a session ends after {limit:g} s; connect again")
            self._reader.close()

    async def _serve(self) -> int:
        code = close_codes.GONE
        send = self._socket.send_text
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._outbox.write(send, self._settings.send_timeout_s))
                reader = group.create_task(self._reader.run())
                analysis = group.create_task(self._analyse())
                code = await self._ending
                analysis.cancel()
                self._outbox.end()
                await writer
                reader.cancel()
        except* (WebSocketDisconnect, SlowClient) as gone:
            code = close_codes.GONE
            log("client_gone", session=self.session_id, why=type(gone.exceptions[0]).__name__)
        except* Exception as bugs:  # noqa: BLE001  (a bug must end its session and no other)
            code = close_codes.BUG
            logger.error("session failed", exc_info=bugs)
        await self._close(code)
        return code

    async def _close(self, code: int) -> None:
        """Close the socket, in good time even where the client does not read."""
        if self._socket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(1.0):
                await self._socket.close(code if code != close_codes.GONE else close_codes.REFUSED)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return  # it is gone already

    async def _analyse(self) -> None:
        """Feed the session slice by slice, giving way to other connections after each."""
        while not self._ending.done():
            item = await self._reader.next()
            if not isinstance(item, bytes):
                self._obey(item)
                continue
            self._heard += len(item)
            self._driver.handle(self._driver.session.feed(item))
            if self._heard > self._settings.max_session_s * self._rate:
                self._expire()
            await asyncio.sleep(0)
            # An upload can wait, and so loses neither audio nor words to a slow recogniser.
            limit = self._settings.pending_asr_s / 3
            while self._reader.pace.upload and self._driver.pending_asr_s > limit:
                self._driver.progress.clear()
                await self._driver.progress.wait()

    def _obey(self, message: Control) -> None:
        session = self._driver.session
        match message:
            case Configure():
                self._configure(message)
            case Finalize():
                self._driver.handle(session.finalize())
            case GetSummary():
                self._emit(session.summary())
            case _:
                self._driver.handle(session.close(self._reason))

    def _configure(self, message: Configure) -> None:
        """Start over with another config; the client is told by a second Begin."""
        if self._heard:
            self.warn("too_late", "Configure changes nothing once audio has been sent")
            return
        try:
            self._config = configured(message, self._config)
            self._driver = self._open(self._driver.session.numbering)
        except ProtocolError as error:
            self.refuse("bad_config", str(error))
            return
        self._emit(self._driver.session.begin())

    def _open(self, numbering: Numbering | None = None) -> Driver:
        return Driver(
            self._engine.open(
                self._request.format,
                self._config,
                limits=self._settings.limits(),
                numbering=numbering,
            ),
            self._engine,
            self._emit,
            self._broken,
            hasty=lambda: not self._reader.pace.upload,
            late_s=self._settings.late_s,
            max_pending_asr_s=self._settings.pending_asr_s,
        )

    def _say(self, event: Event) -> None:
        """Send something of our own, numbered among the session's events."""
        self._emit(self._driver.session.numbering.stamp(event))

    def _emit(self, event: Event) -> None:
        if self._ending.done():
            return  # a fatal Error or Termination was the last word
        self._outbox.put(event)
        if self._clips is not None:
            self._clips.note(event, self._driver.session.clip)
        if isinstance(event, Utterance):
            log_utterance(event, words=self._settings.log_transcripts)
        elif isinstance(event, Termination):
            self._end(self._final_code)

    def _broken(self, error: Exception) -> None:
        logger.error("session failed", exc_info=error)
        self.fail("internal", "the server made a mistake; connect again", close_codes.BUG)

    def _end(self, code: int) -> None:
        if not self._ending.done():
            self._ending.set_result(code)

    @property
    def _clock(self) -> float:
        return self._driver.session.position
