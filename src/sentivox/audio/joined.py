"""Find recordings that were concatenated into one file.

FFmpeg by itself reads all of concatenated bare frames (MP3, AAC, AMR) and Matroska files. Of the
containers here it reads only the first, or fails if the second has another format.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from sentivox.audio.containers import ByteSpan

MAX_RECORDINGS: Final = 1000
"""Recordings that are read from one file at most."""

_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_HEADS: Final = {
    b"RIFF": re.compile(rb"RIFF....WAVE", re.DOTALL),
    b"FORM": re.compile(rb"FORM....AIF[FC]", re.DOTALL),
    b"fLaC": re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"),
    b"OggS": re.compile(rb"OggS\x00[\x02\x06].{20}(.)", re.DOTALL),
    _ASF[:4]: re.compile(re.escape(_ASF)),
    b"caff": re.compile(rb"caff\x00[\x01\x02]\x00\x00desc"),
}
"""Pattern of a file's beginning for each format, by its first four bytes."""

_LONGEST_HEAD: Final = 27  # bytes of the longest pattern
_BLOCK: Final = 1 << 20  # bytes


def joined_recordings(path: Path) -> list[ByteSpan]:
    """Return where the recordings in a file are, in order; a single one spans the whole file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(8)
        if magic[4:] == b"ftyp":
            starts = _mp4_starts(file, size)
        elif head := _HEADS.get(magic[:4]):
            starts = _starts(file, head)
        else:
            starts = []
    bounds = [0, *(start for start in starts if start > 0)][: MAX_RECORDINGS + 1]
    ends = [*bounds[1:], size][: len(bounds)]
    return [ByteSpan(start, end) for start, end in zip(bounds, ends, strict=True)][:MAX_RECORDINGS]


def _starts(file: BinaryIO, head: re.Pattern[bytes]) -> list[int]:
    """Offsets at which files begin.

    Each track of an Ogg file has a first page. Where those follow one another directly, they
    belong to one file.
    """
    found: list[int] = []
    end_of_page = -1
    for start, end, segments in _matches(file, head):
        if start != end_of_page:
            found.append(start)
        if segments:  # an Ogg page: the number of segments is followed by their lengths
            file.seek(end)
            lacing = file.read(segments)
            end_of_page = end + len(lacing) + sum(lacing)
        if len(found) > MAX_RECORDINGS:
            break
    return found


def _matches(file: BinaryIO, head: re.Pattern[bytes]) -> Iterator[tuple[int, int, int]]:
    """Yield start and end of each match, and the number of segments if it is an Ogg page, else 0.

    The file is read in blocks, because a large file mapped whole would count against a limit on
    memory.
    """
    at, end, block = 0, 0, b""
    while True:
        file.seek(at + len(block))
        more = file.read(_BLOCK)
        block += more
        kept = len(block) - _LONGEST_HEAD + 1 if more else len(block)
        for match in head.finditer(block, max(0, end - at)):
            if match.start() < kept:
                end = at + match.end()
                yield at + match.start(), end, match[1][0] if match.lastindex else 0
        if not more:
            return
        at, block = at + max(0, kept), block[max(0, kept) :]


def _mp4_starts(file: BinaryIO, size: int) -> list[int]:
    """Offsets at which MP4 files begin, by the top-level boxes (ISO/IEC 14496-12, section 4.2)."""
    return [at for at, name in _boxes(file, size) if name == b"ftyp"]


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield offset and type of each top-level box."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        yield at, head[4:8]
        if length < 8:  # to the end of the file, or damage
            return
        at += length
