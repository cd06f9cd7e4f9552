"""Clocks for decoded frames: by their timestamps, or by counting where those mean nothing."""

# pyright: reportUnknownMemberType=false
# (PyAV types its packets only in part)

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from sentivox.audio.avi import LostChunks
from sentivox.audio.holes import Hole

COUNTED: Final = frozenset({"aac", "ac3", "amr", "eac3", "gsm", "mp3"})
"""Formats of bare frames without timestamps: FFmpeg counts the frames, assuming that all are as
long as the first."""


class Clock(Protocol):
    """The clock of one track.

    For each packet, call `takes`, then `time` for each of its frames or `lose` if it does not
    decode.
    """

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Advance to a packet; return False if it must be skipped."""
        ...

    def time(self, frame: AudioFrame) -> float | None:
        """Return the start of the next frame in seconds; None if it follows the one before."""
        ...

    def lose(self) -> None:
        """Advance past a packet that does not decode."""
        ...


class StampClock:
    """Reads the timestamps of frames.

    Args:
        stream: The track.
    """

    __slots__ = ("_tick",)

    def __init__(self, stream: AudioStream) -> None:
        self._tick = stream.time_base or 0

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Accept every packet."""
        del packet
        return True

    def time(self, frame: AudioFrame) -> float | None:
        """Return the frame's timestamp in seconds, or None if it has none."""
        return None if frame.pts is None else float(frame.pts * self._tick)

    def lose(self) -> None:
        """Do nothing: the next frame has its own timestamp."""


class FrameClock:
    """Counts bare frames.

    Args:
        holes: Where the file lacks frames, which its packets do not show.
    """

    __slots__ = ("_bytes", "_frame_s", "_holes", "_now")

    def __init__(self, holes: Sequence[Hole] = ()) -> None:
        self._now = self._frame_s = 0.0
        self._bytes = 0
        self._holes = deque(holes)

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Accept every packet, and count its bytes."""
        self._bytes += packet.size
        return True

    def time(self, frame: AudioFrame) -> float:
        """Return the duration in seconds of all earlier frames, those lost in holes included."""
        self._frame_s = frame.samples / frame.sample_rate
        while self._holes and self._holes[0].before < self._bytes:
            self._now += self._holes.popleft().frames * self._frame_s
        now = self._now
        self._now += self._frame_s
        return now

    def lose(self) -> None:
        """Advance by the duration of the frame before."""
        self._now += self._frame_s


class ChunkClock:
    """Counts the samples of a damaged AVI file.

    Args:
        stream: The track.
        lost: The damaged stretches, in order.
    """

    __slots__ = ("_begun", "_lost", "_now", "_packet_s", "_tick")

    def __init__(self, stream: AudioStream, lost: Sequence[LostChunks]) -> None:
        self._tick = stream.time_base or 0
        self._lost = deque(lost)
        self._begun = False
        self._now = self._packet_s = 0.0

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Refuse packets within damage, to which the index led FFmpeg."""
        if not self._begun:  # a track may begin after the picture
            self._now = float((packet.pts or 0) * self._tick)
            self._begun = True
        self._packet_s = float((packet.duration or 0) * self._tick)
        if packet.pos is None:
            return True
        while self._lost and self._lost[0].end <= packet.pos:
            self._now += self._lost.popleft().seconds
        return not self._lost or packet.pos < self._lost[0].start

    def time(self, frame: AudioFrame) -> float:
        """Return the duration in seconds of all earlier frames and of what was lost."""
        now = self._now
        self._now += frame.samples / frame.sample_rate
        return now

    def lose(self) -> None:
        """Advance by the duration that the packet declares."""
        self._now += self._packet_s
