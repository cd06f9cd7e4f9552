"""Stretches of a file of bare frames in which there are none.

FFmpeg searches for the next frame behind damage and does not tell how many bytes it passed over,
and what it takes for frames on the way need not be any. So the frames of the file are followed
here from length to length, before they are decoded: where that fails, a hole begins, which held as
many frames as its bytes are worth.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sentivox.audio.bare import Framing
from sentivox.audio.containers import Span
from sentivox.audio.window import Window

_MOST_LOOKS: Final = 5_000_000
"""At what may be a frame; more than a day of frames. A hostile file may have one every byte."""

_MOST_HOLES: Final = 10_000

_LEAST: Final = 0.5
"""Frames that a hole must be worth."""

_LEAST_AT_FIRST: Final = 2.0
"""The same before the first frame, where a file that was cut has the end of one."""

_LONGEST_HEADER: Final = 1 << 16
"""Bytes before the samples of a WAV file."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes [start, end) of a file that hold no frames, though there are some behind.

    Attributes:
        start: The first byte.
        end: Where the next frame begins.
        before: Bytes of frames before it.
        frames: How many it must have held.
    """

    start: int
    end: int
    before: int
    frames: int


def find_holes(path: Path, span: Span, framing: Framing) -> list[Hole]:
    """All holes that are as long as a frame, in their order."""
    with path.open("rb") as file:
        return _Walk(Window(file, span.end), framing).holes(span.start)


class Mended:
    """A file without its holes, to be read.

    Args:
        path: The file.
        span: The part of it to read.
        holes: In that part.
    """

    __slots__ = ("_at", "_file", "_number", "_size", "_spans", "_within", "name")

    def __init__(self, path: Path, span: Span, holes: list[Hole]) -> None:
        self.name = str(path)
        self._file = path.open("rb")
        starts = [span.start, *(hole.end for hole in holes)]
        ends = [*(hole.start for hole in holes), span.end]
        self._spans = [Span(*bounds) for bounds in zip(starts, ends, strict=True)]
        self._size = sum(one.end - one.start for one in self._spans)
        self._number = self._within = self._at = 0
        """The span that comes next, how far it was read, and how far all was."""

    def read(self, size: int) -> bytes:
        """The next bytes: as many, or fewer where a span ends; none at the end of the file."""
        while self._number < len(self._spans):
            span = self._spans[self._number]
            self._file.seek(span.start + self._within)
            piece = self._file.read(min(size, span.end - span.start - self._within))
            if piece:
                self._within += len(piece)
                self._at += len(piece)
                return piece
            self._number += 1
            self._within = 0
        return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = self._within = max(0, base + offset)
        self._number = 0
        for span in self._spans:
            if self._within < span.end - span.start:
                break
            self._within -= span.end - span.start
            self._number += 1
        return self._at

    def tell(self) -> int:
        """The next byte."""
        return self._at

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Walk:
    """From frame to frame."""

    __slots__ = ("_framing", "_looks", "_lost", "_window")

    def __init__(self, window: Window, framing: Framing) -> None:
        self._window = window
        self._framing = framing
        self._looks = 0
        self._lost: list[tuple[int, int, int]] = []
        """Where each hole begins and ends, and the bytes of frames before it."""

    def holes(self, start: int) -> list[Hole]:
        """Those between the beginning of the file and the last frame."""
        at, kind = start + _header_size(self._window.head(start, _LONGEST_HEADER)), None
        frames = size = 0
        stated: int | None = None
        while at < self._window.end and self._looks < _MOST_LOOKS:
            self._looks += 1
            head = self._window.head(at)
            found = self._framing.frame(head)
            if found is not None and (found[0] == kind or self._chained(at)):
                if not frames and self._framing.stated is not None:
                    stated = self._framing.stated(self._window.head(at, found[1]))
                kind = found[0]
                frames += 1
                size += found[1]
                at += found[1]
            elif tag := _tag_size(head):
                at += tag
            else:
                after = self._search(at + 1)
                if after is None or len(self._lost) == _MOST_HOLES:
                    break
                self._lost.append((at, after, size))
                at = after
        if stated is not None:  # besides the one that states it; of no use where the end is missing
            stated = stated + 1 if at >= self._window.end else None
        return self._worth(frames, size, stated)

    def _worth(self, frames: int, size: int, stated: int | None) -> list[Hole]:
        """What the holes held, by what else there is, and how many frames the file says it has."""
        worth = [(end - start) * frames / max(1, size) for start, end, _ in self._lost]
        if stated is not None and 0.5 * sum(worth) < stated - frames < 2 * sum(worth):
            factor = (stated - frames) / sum(worth)
            worth = [factor * each for each in worth]
        return [
            Hole(start, end, before, round(each))
            for (start, end, before), each in zip(self._lost, worth, strict=True)
            if each >= (_LEAST if before else _LEAST_AT_FIRST)
        ]

    def _search(self, at: int) -> int | None:
        """Where frames go on; None if nowhere, or if looking for them takes too long."""
        while self._looks < _MOST_LOOKS:
            found = self._window.search(self._framing.mark, at)
            if found is None or self._chained(found):
                return found
            at = found + 1
        return None

    def _chained(self, at: int) -> bool:
        """Whether frames of one kind follow one another, or one ends with the file."""
        kinds = set[bytes]()
        for _ in range(self._framing.chain):
            if at >= self._window.end or _tag_size(head := self._window.head(at)):
                return bool(kinds)
            self._looks += 1
            found = self._framing.frame(head)
            if found is None:
                return False
            kinds.add(found[0])
            if len(kinds) > 1:
                return False
            at += found[1]
        return True


def _header_size(head: bytes) -> int:
    """Bytes before the first frame that need not be any."""
    if head.startswith(b"#!AMR"):
        return head.find(b"\n") + 1
    if head.startswith((b"RIFF", b"riff")):  # WAV and Wave64, whose chunks have longer heads
        return max(0, head.find(b"data") + (8 if head.startswith(b"RIFF") else 24))
    return 0


def _tag_size(head: bytes) -> int:
    """Bytes of a tag, as MP3 files have it before and after their frames; 0 for none."""
    if head.startswith(b"ID3") and len(head) >= 10:
        seven = [byte & 0x7F for byte in head[6:10]]
        return 10 + (seven[0] << 21 | seven[1] << 14 | seven[2] << 7 | seven[3])
    if head.startswith(b"TAG"):
        return 128
    return 0
