"""Stretches of an AVI file whose chunks are damaged.

AVI stores no times: a chunk of sound begins where the one before it ends. FFmpeg searches for the
next chunk behind damage and does not tell what it passed over, so the chunks are followed here.
How much sound a stretch held, the index at the end of the file tells; where that is damaged too, or
there is none, it held as much as others of its length.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sentivox.audio.containers import Span
from sentivox.audio.window import Window

_CHUNK: Final = re.compile(
    rb"\d\d(?:wb|dc|db|tx|pc)|ix\d\d|idx1|JUNK|LIST....(?:hdrl|INFO)", re.DOTALL
)
_LIST: Final = re.compile(rb"RIFF....AVI[ X]|LIST....(?:movi|rec )", re.DOTALL)
"""What chunks lie in."""

_MARK: Final = re.compile(_CHUNK.pattern + rb"|" + _LIST.pattern, re.DOTALL)

_MEDIA: Final = frozenset({b"wb", b"dc", b"db"})
"""How chunks are called that tell how much sound there is to a byte."""

_LONGEST_HEADER: Final = 1 << 18
_MOST_LOOKS: Final = 5_000_000
"""At what may be a chunk, and entries of an index; a day has as many. A hostile file has more."""

_MOST_HOLES: Final = 10_000
_SHORTEST: Final = 16
"""Bytes; chunks of odd length are padded by some programs and not by others."""


@dataclass(frozen=True, slots=True)
class LostChunks:
    """Bytes [start, end) of a file in which no chunk can be found, though there are some behind.

    Attributes:
        start: The first byte.
        end: Where the next chunk begins.
        seconds: Of the track, that they held.
    """

    start: int
    end: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Track:
    """What the header of an AVI file says of a track.

    Attributes:
        number: As in the names of its chunks.
        tick: Seconds a unit.
        unit: Bytes of one, or 0 where each chunk is one.
        most: Bytes of one, where a chunk may hold several that it does not count; or 0.
    """

    number: bytes
    tick: float
    unit: int
    most: int

    def seconds(self, size: int) -> float:
        """How long a chunk of so many bytes is."""
        if self.unit:
            return size / self.unit * self.tick
        return (-(-size // self.most) if self.most else 1) * self.tick

    def owns(self, chunk: bytes) -> bool:
        """Whether a chunk of this name is of the track."""
        return chunk[:2] == self.number and chunk[2:4] == b"wb"


def lost_chunks(path: Path, span: Span, index: int) -> list[LostChunks]:
    """All such stretches, in their order.

    Args:
        path: An AVI file.
        span: The part of it to read.
        index: Of the track among all of the file.
    """
    with path.open("rb") as file:
        window = Window(file, span.end)
        header = window.head(span.start, _LONGEST_HEADER)
        track = _track(header, index)
        if track is None:
            return []
        walk = _Walk(window, track)
        lost = walk.lost(span.start)
        if lost and walk.index is not None:
            lost = _by_index(window, walk.index, track, lost, span.start)
        return lost


def _track(header: bytes, index: int) -> _Track | None:
    """By its stream header and format (AVISTREAMHEADER and WAVEFORMATEX)."""
    starts = [match.end() + 4 for match in re.finditer(rb"strlstrh", header)]
    if index >= len(starts):
        return None
    stream = header[starts[index] : starts[index] + 48]
    sound = header.find(b"strf", starts[index]) + 8
    if stream[:4] != b"auds" or len(stream) < 48 or len(header) < sound + 16:
        return None
    scale, rate = struct.unpack_from("<II", stream, 20)
    (unit,) = struct.unpack_from("<I", stream, 44)
    (align,) = struct.unpack_from("<H", header, sound + 12)
    return _Track(b"%02d" % index, scale / rate, unit, align) if rate else None


class _Walk:
    """From chunk to chunk; keeps where the index is."""

    __slots__ = ("_looks", "_track", "_window", "index")

    def __init__(self, window: Window, track: _Track) -> None:
        self._window = window
        self._track = track
        self._looks = 0
        self.index: Span | None = None

    def lost(self, start: int) -> list[LostChunks]:
        """The stretches from the beginning of the file on."""
        at = start
        holes: list[tuple[int, int]] = []
        seconds, size = 0.0, 0
        while at < self._window.end and len(holes) < _MOST_HOLES and self._looks < _MOST_LOOKS:
            self._looks += 1
            head = self._window.head(at)
            after = self._after(at, head)
            if after is None:
                found = self._search(max(start, at - 1))
                if found is None:
                    break
                if found - at >= _SHORTEST:
                    holes.append((at, found))
                at = found
                continue
            if head.startswith(b"idx1") and self.index is None:
                self.index = Span(at + 8, after)
            elif self._track.owns(head):
                seconds += self._track.seconds(int.from_bytes(head[4:8], "little"))
            if head[2:4] in _MEDIA:
                size += after - at
            at = after
        each = seconds / max(1, size)
        return [LostChunks(start, end, (end - start) * each) for start, end in holes]

    def _after(self, at: int, head: bytes) -> int | None:
        """Where the chunk ends that begins there; None if none does."""
        if _LIST.match(head):
            return at + 12
        if not _CHUNK.match(head) or len(head) < 8:
            return None
        size = int.from_bytes(head[4:8], "little")
        return at + 8 + size + (size & 1)

    def _search(self, at: int) -> int | None:
        """The next chunk that another follows, or the end of the file."""
        while self._looks < _MOST_LOOKS:
            self._looks += 1
            found = self._window.search(_MARK, at)
            if found is None:
                return None
            after = self._after(found, self._window.head(found))
            if after is not None and (
                after == self._window.end or self._after(after, self._window.head(after))
            ):
                return found
            at = found + 1
        return None


def _by_index(
    window: Window, index: Span, track: _Track, lost: list[LostChunks], start: int
) -> list[LostChunks]:
    """The same, with the length by the index (AVIOLDINDEX) where that agrees with the file."""
    starts = [hole.start for hole in lost]
    for origin in _origins(window, index, start):
        held = {hole.end: 0.0 for hole in lost}
        agrees = set[int]()
        for chunk, place, size in _entries(window, index):
            at = origin + place
            if at in held:
                agrees.add(at)
            number = bisect_right(starts, at) - 1
            if number >= 0 and at < lost[number].end and track.owns(chunk):
                held[lost[number].end] += track.seconds(size)
        if agrees:
            return [
                replace(hole, seconds=held[hole.end]) if hole.end in agrees else hole
                for hole in lost
            ]
    return lost


def _origins(window: Window, index: Span, start: int) -> Iterator[int]:
    """Where the places in an index may count from.

    It is the beginning of the file, or something in it that may be damaged; then the last chunk
    tells, which ends where the index begins.
    """
    yield start
    last = index.start + (index.end - index.start) // 16 * 16 - 16
    for _, place, size in _entries(window, Span(last, index.end)):
        yield index.start - 8 - (place + 8 + size + (size & 1))


def _entries(window: Window, index: Span) -> Iterator[tuple[bytes, int, int]]:
    """The name, place and size of each chunk in the index."""
    end = min(index.end, window.end, index.start + 16 * _MOST_LOOKS)
    for at in range(index.start, end - 15, 16):
        chunk, _, place, size = struct.unpack("<4sIII", window.head(at, 16))
        yield chunk, place, size
