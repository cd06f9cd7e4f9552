"""What tells the time of decoded frames: their timestamps, or a count where those mean nothing."""

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
"""Bare frames without timestamps: FFmpeg counts them, and takes all to be as long as the first."""


class Clock(Protocol):
    """Of one track; told of each packet, then of its frames or that it does not decode."""

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Go on by a packet; False for one that is to be left out."""
        ...

    def time(self, frame: AudioFrame) -> float | None:
        """Seconds at which the next frame begins; None if right after the one before."""
        ...

    def lose(self) -> None:
        """Go on by a packet that does not decode."""
        ...


class StampClock:
    """Believes timestamps.

    Args:
        stream: The track.
    """

    __slots__ = ("_tick",)

    def __init__(self, stream: AudioStream) -> None:
        self._tick = stream.time_base or 0

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """All are."""
        del packet
        return True

    def time(self, frame: AudioFrame) -> float | None:
        """Where it belongs, if it tells."""
        return None if frame.pts is None else float(frame.pts * self._tick)

    def lose(self) -> None:
        """What comes next tells its own time."""


class FrameClock:
    """Counts bare frames.

    Args:
        holes: Where the file lacks some, which the packets do not show.
    """

    __slots__ = ("_bytes", "_frame_s", "_holes", "_now")

    def __init__(self, holes: Sequence[Hole] = ()) -> None:
        self._now = self._frame_s = 0.0
        self._bytes = 0
        self._holes = deque(holes)

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """All are."""
        self._bytes += packet.size
        return True

    def time(self, frame: AudioFrame) -> float:
        """After all before it and what the holes held."""
        self._frame_s = frame.samples / frame.sample_rate
        while self._holes and self._holes[0].before < self._bytes:
            self._now += self._holes.popleft().frames * self._frame_s
        now = self._now
        self._now += self._frame_s
        return now

    def lose(self) -> None:
        """By as much as the one before."""
        self._now += self._frame_s


class ChunkClock:
    """Counts the samples of a damaged AVI file.

    Args:
        stream: The track.
        lost: The stretches that it lacks.
    """

    __slots__ = ("_begun", "_lost", "_now", "_packet_s", "_tick")

    def __init__(self, stream: AudioStream, lost: Sequence[LostChunks]) -> None:
        self._tick = stream.time_base or 0
        self._lost = deque(lost)
        self._begun = False
        self._now = self._packet_s = 0.0

    def takes(self, packet: "Packet[AudioStream]") -> bool:
        """Not what FFmpeg read amid the damage, led there by the index."""
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
        """After all before it and what is lost."""
        now = self._now
        self._now += frame.samples / frame.sample_rate
        return now

    def lose(self) -> None:
        """By what it says it holds."""
        self._now += self._packet_s
