"""Find holes in a file of bare frames: stretches that hold no frames.

FFmpeg searches for the next frame behind damage and does not report how many bytes it skipped.
What it takes for frames on the way need not be any. So the frames are followed here by their
lengths before they are decoded. Where that fails, a hole begins, and the number of frames that it
held is estimated from its bytes.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sentivox.audio.bare import Framing
from sentivox.audio.containers import ByteSpan
from sentivox.audio.window import Window

_MOST_LOOKS: Final = 5_000_000
"""Possible frames that are examined at most: more than a day of them. A hostile file may have one
at every byte."""

_MOST_HOLES: Final = 10_000

_LEAST: Final = 0.5
"""Estimated frames from which a hole counts."""

_LEAST_AT_FIRST: Final = 2.0
"""The same before the first frame, where a file that was cut has the end of a frame."""

_LONGEST_HEADER: Final = 1 << 16
"""Bytes that are searched for the beginning of a WAV file's data."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch of a file, the bytes [start, end), that holds no frames but is followed by some.

    Attributes:
        start: Offset of the first byte.
        end: Offset of the next frame.
        before: Total bytes of the frames before the hole.
        frames: Estimated number of frames that it held.
    """

    start: int
    end: int
    before: int
    frames: int


def find_holes(path: Path, span: ByteSpan, framing: Framing) -> list[Hole]:
    """List the holes in a part of a file, in order; those worth less than a frame are left out."""
    with path.open("rb") as file:
        return _Walk(Window(file, span.end), framing).holes(span.start)


class FileWithoutHoles:
    """A file without its holes, as a binary file object.

    Args:
        path: The file.
        span: The part of it to read.
        holes: The holes in that part.
    """

    __slots__ = ("_at", "_file", "_number", "_size", "_spans", "_within", "name")

    def __init__(self, path: Path, span: ByteSpan, holes: list[Hole]) -> None:
        self.name = str(path)
        self._file = path.open("rb")
        starts = [span.start, *(hole.end for hole in holes)]
        ends = [*(hole.start for hole in holes), span.end]
        self._spans = [ByteSpan(*bounds) for bounds in zip(starts, ends, strict=True)]
        self._size = sum(one.end - one.start for one in self._spans)
        self._number = self._within = self._at = 0
        """Index of the current span, bytes read of it, and bytes read in all."""

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, or fewer where a span ends; none at the end."""
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
        """Move to an offset in the file without holes, and return it."""
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
        """Return the offset of the next byte."""
        return self._at

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Walk:
    """Follows a file from frame to frame."""

    __slots__ = ("_framing", "_looks", "_lost", "_window")

    def __init__(self, window: Window, framing: Framing) -> None:
        self._window = window
        self._framing = framing
        self._looks = 0
        self._lost: list[tuple[int, int, int]] = []
        """Start and end of each hole, and the bytes of frames before it."""

    def holes(self, start: int) -> list[Hole]:
        """Find the holes between offset `start` and the last frame."""
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
        # The number excludes the frame that states it, and says nothing if the end is missing.
        if stated is not None:
            stated = stated + 1 if at >= self._window.end else None
        return self._worth(frames, size, stated)

    def _worth(self, frames: int, size: int, stated: int | None) -> list[Hole]:
        """Estimate the frames in each hole from its bytes and the number the file states."""
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
        """Offset at which frames continue; None if nowhere, or if the search takes too long."""
        while self._looks < _MOST_LOOKS:
            found = self._window.search(self._framing.mark, at)
            if found is None or self._chained(found):
                return found
            at = found + 1
        return None

    def _chained(self, at: int) -> bool:
        """Whether frames of one kind follow one another from `at`, or end with the file."""
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
    """Bytes of the header before the first frame, or 0."""
    if head.startswith(b"#!AMR"):
        return head.find(b"\n") + 1
    if head.startswith((b"RIFF", b"riff")):  # WAV and Wave64, whose chunks have longer heads
        return max(0, head.find(b"data") + (8 if head.startswith(b"RIFF") else 24))
    return 0


def _tag_size(head: bytes) -> int:
    """Bytes of a tag such as MP3 files have before and after their frames; 0 if it is none."""
    if head.startswith(b"ID3") and len(head) >= 10:
        seven = [byte & 0x7F for byte in head[6:10]]
        return 10 + (seven[0] << 21 | seven[1] << 14 | seven[2] << 7 | seven[3])
    if head.startswith(b"TAG"):
        return 128
    return 0
