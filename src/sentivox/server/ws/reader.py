"""Reads one connection continuously, and passes audio and control messages to the Intake."""

import asyncio
import time
from typing import Final, Protocol

from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.protocol.commands import KeepAlive
from sentivox.server.admission.limits import TokenBucket
from sentivox.server.dialects.dialect import Dialect, Frame, Reply, Said
from sentivox.server.dialects.v1 import UnknownControl, WrappedAudio
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.intake import Intake
from sentivox.server.ws.replay_buffer import SlowClient
from sentivox.server.ws.transport import Transport

OVERSLEPT_S: Final = 1.0
"""If the idle timeout fires this many seconds late, the machine was stalled, not the client."""


class Reports(Protocol):
    """Receives the reader's reports of problems; `Conversation` implements it."""

    def warn(self, code: str, message: str, **detail: object) -> None:
        """Report that something was lost or ignored."""
        ...

    def refuse(self, code: str, message: str) -> None:
        """Report an invalid message; too many of them end the session."""
        ...

    def ignore(self, code: str, message: str) -> None:
        """Report an ignored message, once per text."""
        ...

    def fail(self, code: str, message: str, close: int) -> None:
        """Report an error that ends the session with close code `close`."""
        ...


class Reader:
    """The receiving half of a connection.

    Args:
        transport: The open connection.
        dialect: Decodes the client's frames.
        intake: Takes audio and control messages, in order.
        settings: Limits of the server.
        reports: Told of problems with messages.
    """

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        intake: Intake,
        settings: ServerSettings,
        reports: Reports,
    ) -> None:
        self._transport = transport
        self._dialect = dialect
        self._intake = intake
        self._settings = settings
        self._reports = reports
        self._flow = TokenBucket(settings.messages_per_s)
        self._idle_s = min(settings.idle_timeout_s, dialect.idle_s)
        self._slowed = False

    async def run(self) -> None:
        """Read until something is too big or no message, or the client is idle for too long.

        Raises:
            Gone: The client has disconnected.
            SlowClient: The client does not read the answers to its messages.
        """
        while True:
            asked = time.monotonic()
            patience = None if self._intake.closing else self._idle_s
            try:
                async with asyncio.timeout(patience):
                    frame = await self._transport.receive()
            except TimeoutError:
                if time.monotonic() - asked > self._idle_s + OVERSLEPT_S:
                    continue  # this machine was stalled: messages that came meanwhile are unread
                self._reports.fail("idle", self._idle, close_codes.IDLE)
                return
            except ProtocolError as error:
                self._reports.fail("bad_message", str(error), close_codes.BAD_FORMAT)
                return
            waited = time.monotonic() - asked
            if self._too_big(frame):
                return
            said = self._read(frame)
            audio = any(isinstance(one, bytes) for one in said)
            await self._slow_down(1.0 if audio else self._settings.control_cost)
            for one in said:
                if isinstance(one, bytes):
                    await self._intake.audio(one, waited)
                elif isinstance(one, Reply):
                    await self._answer(one.frame)
                elif not isinstance(one, KeepAlive):
                    self._intake.control(one)

    async def _answer(self, frame: Frame) -> None:
        """Send an answer; a client that does not read it is cut off as one that reads nothing."""
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                await self._transport.send(frame)
        except TimeoutError:
            raise SlowClient from None

    @property
    def _idle(self) -> str:
        return f"no audio and no KeepAlive for {self._idle_s:g} s: send one or the other"

    def _too_big(self, frame: Frame) -> bool:
        control = isinstance(frame, str) and not self._dialect.audio_in_text
        size = len(frame.encode() if isinstance(frame, str) else frame)
        limit = self._settings.max_control_bytes if control else self._settings.max_frame_bytes
        if size <= limit:
            return False
        problem = f"a message of {size} bytes is over the limit of {limit}; send less at a time"
        self._reports.fail("frame_too_big", problem, close_codes.TOO_BIG)
        return True

    async def _slow_down(self, cost: float) -> None:
        """Pause if messages arrive faster than `messages_per_s`, so that TCP slows the client."""
        pause = self._flow.spend(cost, time.monotonic())
        if not pause:
            return
        if not self._slowed:
            self._slowed = True
            message = "messages arrive too fast and are being throttled: send 30 to 50 ms in each"
            self._reports.warn("too_many_messages", message)
        await asyncio.sleep(pause)

    def _read(self, frame: Frame) -> Said:
        """Decode a frame; a bad one is reported and yields nothing."""
        try:
            return self._dialect.read(frame)
        except WrappedAudio as error:
            self._reports.fail("not_raw_audio", str(error), close_codes.BAD_FORMAT)
        except UnknownControl as error:
            self._reports.ignore("unknown_control", str(error))
        except ProtocolError as error:
            self._reports.refuse("bad_message", str(error))
        return []
