"""Find stretches of an AVI file whose chunks are damaged.

AVI stores no times: a chunk of sound begins where the one before it ends. FFmpeg searches for the
next chunk behind damage and does not report what it skipped, so the chunks are followed here. The
index at the end of the file tells how much sound a damaged stretch held. Without a usable index,
that is estimated from the length of the stretch in bytes.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sentivox.audio.containers import ByteSpan
from sentivox.audio.window import Window

_CHUNK: Final = re.compile(
    rb"\d\d(?:wb|dc|db|tx|pc)|ix\d\d|idx1|JUNK|LIST....(?:hdrl|INFO)", re.DOTALL
)
_LIST: Final = re.compile(rb"RIFF....AVI[ X]|LIST....(?:movi|rec )", re.DOTALL)
"""Heads of the lists that contain chunks."""

_MARK: Final = re.compile(_CHUNK.pattern + rb"|" + _LIST.pattern, re.DOTALL)

_MEDIA: Final = frozenset({b"wb", b"dc", b"db"})
"""Types of chunks (sound and pictures) by whose bytes the sound per byte is estimated."""

_LONGEST_HEADER: Final = 1 << 18  # bytes searched for the streams' headers
_MOST_LOOKS: Final = 5_000_000
"""Possible chunks, and index entries, that are examined at most. A day of recording has as many;
a hostile file may have more."""

_MOST_HOLES: Final = 10_000
_SHORTEST: Final = 16
"""Bytes of the shortest damage. Less may be padding: some programs pad chunks of odd length."""


@dataclass(frozen=True, slots=True)
class LostChunks:
    """A stretch of a file, the bytes [start, end), that holds no chunk but is followed by one.

    Attributes:
        start: Offset of the first byte.
        end: Offset of the next chunk.
        seconds: Duration of the track's sound that was lost there.
    """

    start: int
    end: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Track:
    """What the header of an AVI file states about a track.

    Attributes:
        number: The two digits that begin the names of its chunks.
        tick: Seconds per unit.
        unit: Bytes per unit, or 0 where units vary in size.
        most: Where units vary in size: the most bytes of one, or 0 if each chunk is one unit.
    """

    number: bytes
    tick: float
    unit: int
    most: int

    def seconds(self, size: int) -> float:
        """Duration in seconds of a chunk of `size` bytes."""
        if self.unit:
            return size / self.unit * self.tick
        return (-(-size // self.most) if self.most else 1) * self.tick

    def owns(self, chunk: bytes) -> bool:
        """Whether a chunk with this name belongs to the track."""
        return chunk[:2] == self.number and chunk[2:4] == b"wb"


def lost_chunks(path: Path, span: ByteSpan, index: int) -> list[LostChunks]:
    """List the damaged stretches of a track, in order.

    Args:
        path: An AVI file.
        span: The part of it to read.
        index: Index of the track among all streams of the file.
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
    """Parse a sound track's AVISTREAMHEADER and WAVEFORMATEX; None if there are none."""
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
    """Follows a file from chunk to chunk, and notes where the index is."""

    __slots__ = ("_looks", "_track", "_window", "index")

    def __init__(self, window: Window, track: _Track) -> None:
        self._window = window
        self._track = track
        self._looks = 0
        self.index: ByteSpan | None = None

    def lost(self, start: int) -> list[LostChunks]:
        """Find the damaged stretches from offset `start` on, with estimated durations."""
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
                self.index = ByteSpan(at + 8, after)
            elif self._track.owns(head):
                seconds += self._track.seconds(int.from_bytes(head[4:8], "little"))
            if head[2:4] in _MEDIA:
                size += after - at
            at = after
        each = seconds / max(1, size)
        return [LostChunks(start, end, (end - start) * each) for start, end in holes]

    def _after(self, at: int, head: bytes) -> int | None:
        """Offset behind the chunk, or the list's head, at `at`; None if there is neither."""
        if _LIST.match(head):
            return at + 12
        if not _CHUNK.match(head) or len(head) < 8:
            return None
        size = int.from_bytes(head[4:8], "little")
        return at + 8 + size + (size & 1)

    def _search(self, at: int) -> int | None:
        """Offset of the next chunk that is followed by another or by the end of the file."""
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
    window: Window, index: ByteSpan, track: _Track, lost: list[LostChunks], start: int
) -> list[LostChunks]:
    """Take durations from the index (AVIOLDINDEX) where it agrees with the file."""
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


def _origins(window: Window, index: ByteSpan, start: int) -> Iterator[int]:
    """Yield the offsets that positions in an index may be relative to.

    That is the beginning of the file, or a point in it that may be damaged. The latter follows
    from the last chunk, which ends where the index begins.
    """
    yield start
    last = index.start + (index.end - index.start) // 16 * 16 - 16
    for _, place, size in _entries(window, ByteSpan(last, index.end)):
        yield index.start - 8 - (place + 8 + size + (size & 1))


def _entries(window: Window, index: ByteSpan) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, position and size of each chunk in the index."""
    end = min(index.end, window.end, index.start + 16 * _MOST_LOOKS)
    for at in range(index.start, end - 15, 16):
        chunk, _, place, size = struct.unpack("<4sIII", window.head(at, 16))
        yield chunk, place, size
