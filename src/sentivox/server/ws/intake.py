"""A session's audio and control messages on their way in, whatever socket brings them."""

import asyncio
from collections.abc import Callable
from typing import Final

from sentivox.engine.pace import Pace
from sentivox.protocol.commands import CloseStream, Control
from sentivox.server.ws.inbox import Inbox
from sentivox.server.ws.inspection import Inspection

GATHER_S: Final = 0.096
"""Three windows of voice activity detection: in one call they take half the time of three."""

GATHER_A_STREAM_S: Final = 0.003
"""A server with few streams has time to look at every message as it comes."""


def gathered(streams: int) -> float:
    """Seconds of audio that are worth a slice where so many streams are open."""
    return min(GATHER_S, GATHER_A_STREAM_S * streams)


class Intake:
    """Takes from a socket and gives to the analysis.

    Args:
        inbox: Where everything waits, in order.
        bytes_per_second: Of the client's audio.
        dropped: Told the seconds of audio that had to go because we are behind.
        gather: Seconds of audio that are worth a slice now; less than that waits for more to
            come, but for no longer than `GATHER_S`.
        inspection: Looks at the audio as it comes.
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
        self._skipped = 0  # bytes of WAV headers
        self._patience: asyncio.TimerHandle | None = None
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def received(self) -> int:
        """Bytes that came, in whole frames, dropped ones and WAV headers included."""
        return self._skipped + self._inbox.received

    @property
    def waiting_s(self) -> float:
        """Audio that waits to be analysed."""
        return self._inbox.seconds

    async def audio(self, data: bytes, waited_s: float) -> None:
        """Take audio that came after the socket was waited for; an upload is made to wait."""
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
        """Take a control message; after the last one, none counts."""
        if self.closing:
            return
        if isinstance(message, CloseStream):
            self.close()
        else:
            self._inbox.push_control(message)
            self._arrived.set()

    def close(self) -> None:
        """Take no more, as if the client had sent CloseStream."""
        self.closing = True
        self._inbox.push_control(CloseStream())
        self._arrived.set()
        self._room.set()

    def cut(self) -> None:
        """The socket is gone: a frame of which only a part came did not come."""
        self._inbox.cut()
        self._inspection.cut()

    def discard(self) -> float:
        """Forget what waits to be analysed; returns its seconds."""
        return self._inbox.clear()

    def _enough(self) -> None:
        """What has come so far is taken as it is; it may be younger than that, which is no harm."""
        self._patience = None
        self._arrived.set()

    async def next(self) -> bytes | Control:
        """The next slice of audio or control message; waits for it."""
        await self._arrived.wait()
        while (item := self._inbox.take()) is None:
            self._arrived.clear()
            await self._arrived.wait()
        if not self._inbox:
            self._arrived.clear()  # what comes from now on is gathered anew
        self._room.set()
        return item
