"""Finds recordings that were put behind each other in one file.

FFmpeg reads on by itself where bare frames are joined (MP3, AAC, AMR) or whole Matroska files;
of these containers it reads the first only, or fails where the second is of another format.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from sentivox.audio.containers import Span

MOST_PARTS: Final = 1000

_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_HEADS: Final = {
    b"RIFF": re.compile(rb"RIFF....WAVE", re.DOTALL),
    b"FORM": re.compile(rb"FORM....AIF[FC]", re.DOTALL),
    b"fLaC": re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"),
    b"OggS": re.compile(rb"OggS\x00[\x02\x06].{20}(.)", re.DOTALL),
    _ASF[:4]: re.compile(re.escape(_ASF)),
    b"caff": re.compile(rb"caff\x00[\x01\x02]\x00\x00desc"),
}
"""How files of a kind begin, by their first four bytes."""

_LONGEST_HEAD: Final = 27
_BLOCK: Final = 1 << 20


def parts(path: Path) -> list[Span]:
    """The recordings in a file, in their order; one span of all where it holds but one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(8)
        if magic[4:] == b"ftyp":
            starts = _mp4_starts(file, size)
        elif head := _HEADS.get(magic[:4]):
            starts = _starts(file, head)
        else:
            starts = []
    bounds = [0, *(start for start in starts if start > 0)][: MOST_PARTS + 1]
    ends = [*bounds[1:], size][: len(bounds)]
    return [Span(start, end) for start, end in zip(bounds, ends, strict=True)][:MOST_PARTS]


def _starts(file: BinaryIO, head: re.Pattern[bytes]) -> list[int]:
    """Where files begin. The tracks of one Ogg file each begin, page upon page."""
    found: list[int] = []
    end_of_page = -1
    for start, end, segments in _matches(file, head):
        if start != end_of_page:
            found.append(start)
        if segments:  # an Ogg page: its segments' lengths follow their number
            file.seek(end)
            lacing = file.read(segments)
            end_of_page = end + len(lacing) + sum(lacing)
        if len(found) > MOST_PARTS:
            break
    return found


def _matches(file: BinaryIO, head: re.Pattern[bytes]) -> Iterator[tuple[int, int, int]]:
    """Where heads begin and end, and the number of segments that one of an Ogg page tells.

    Read block by block: a large file mapped whole would count against a bound on memory.
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
    """Where MP4 files begin, by the outermost boxes (ISO/IEC 14496-12, section 4.2)."""
    return [at for at, name in _boxes(file, size) if name == b"ftyp"]


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
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
