"""The receiving side of a session: audio and control messages from any of its connections."""

import asyncio
from collections.abc import Callable
from typing import Final

from sentivox.engine.pace import Pace
from sentivox.protocol.commands import CloseStream, Control
from sentivox.server.ws.inbox import Inbox
from sentivox.server.ws.inspection import Inspection

GATHER_S: Final = 0.096
"""Maximum seconds of audio gathered before analysis: three VAD windows (32 ms each).

One call for three windows takes half the time of three calls.
"""

GATHER_A_STREAM_S: Final = 0.003
"""Seconds of audio gathered per open stream; a server with few streams analyses each message."""


def gathered(streams: int) -> float:
    """Seconds of audio to gather before analysis when this many streams are open."""
    return min(GATHER_S, GATHER_A_STREAM_S * streams)


class Intake:
    """Queues what a connection receives, and hands it to the analysis in slices.

    Args:
        inbox: The queue of audio and control messages.
        bytes_per_second: Data rate of the client's audio.
        dropped: Called with the seconds of audio dropped because the analysis is behind.
        gather: Returns the seconds of audio to gather before analysis; less is analysed after
            `GATHER_S` at the latest.
        inspection: Checks the audio as it arrives.

    Attributes:
        pace: Estimates whether the client is live or an upload.
        closing: Whether the session takes no more input.
    """

    def __init__(
        self,
        inbox: Inbox,
        bytes_per_second: int,
        dropped: Callable[[float], None],
        gather: Callable[[], float],
        inspection: Inspection,
    ) -> None:
        self.pace = Pace()
        self.closing = False
        self._inbox = inbox
        self._rate = bytes_per_second
        self._dropped = dropped
        self._gather = gather
        self._inspection = inspection
        self._skipped = 0  # bytes of WAV headers stripped
        self._patience: asyncio.TimerHandle | None = None
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def received(self) -> int:
        """Bytes received in whole frames, including dropped ones and WAV headers."""
        return self._skipped + self._inbox.received

    @property
    def waiting_s(self) -> float:
        """Seconds of audio waiting to be analysed."""
        return self._inbox.seconds

    async def audio(self, data: bytes, waited_s: float) -> None:
        """Queue audio; for an upload, waits until there is room.

        Args:
            data: Audio in the client's format, of any length.
            waited_s: Seconds the reader waited for this message.
        """
        self.pace.received(len(data) / self._rate, waited_s)
        data, skipped = self._inspection.take(data)
        self._skipped += skipped
        while self.pace.upload and not self.closing and not self._inbox.fits(len(data)):
            self._inspection.waited()
            self._room.clear()
            await self._room.wait()
        if self.closing:
            return
        if dropped := self._inbox.push_audio(data):
            self._dropped(dropped)
        if self._inbox.seconds >= self._gather():
            self._arrived.set()
        elif self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(GATHER_S, self._enough)

    def control(self, message: Control) -> None:
        """Queue a control message; ignored once the session is closing."""
        if self.closing:
            return
        if isinstance(message, CloseStream):
            self.close()
        else:
            self._inbox.push_control(message)
            self._arrived.set()

    def close(self) -> None:
        """Take no more input, as if the client had sent CloseStream."""
        self.closing = True
        self._inbox.push_control(CloseStream())
        self._arrived.set()
        self._room.set()

    def cut(self) -> None:
        """Discard an incomplete frame, because the connection has ended."""
        self._inbox.cut()
        self._inspection.cut()

    def discard(self) -> float:
        """Empty the queue; returns the seconds of audio it held."""
        return self._inbox.clear()

    def _enough(self) -> None:
        """Release the audio gathered so far when `GATHER_S` is over.

        The timer may have been started for earlier audio, which does no harm.
        """
        self._patience = None
        self._arrived.set()

    async def next(self) -> bytes | Control:
        """Wait for and return the next slice of audio or control message."""
        await self._arrived.wait()
        while (item := self._inbox.take()) is None:
            self._arrived.clear()
            await self._arrived.wait()
        if not self._inbox:
            self._arrived.clear()  # the queue is empty, so gathering starts again
        self._room.set()
        return item
