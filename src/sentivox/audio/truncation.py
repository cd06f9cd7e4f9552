"""Detect files that end before their container says they should.

FFmpeg reads such files to their last byte, or the last that makes sense, and reports nothing. The
formats checked here reveal the cut in their structure, but not in their decoded length.
"""

from pathlib import Path
from typing import BinaryIO, Final

from sentivox.audio.containers import ByteSpan

_UNKNOWN_RIFF_SIZE: Final = 0x7FFF_0000
"""Size from which a RIFF header means "unknown": streaming writers state almost 2 GiB, or
4 GiB - 1."""

_OGG_TAIL: Final = 1 << 17  # an Ogg page is at most 65 307 bytes
_OGG_HEADER: Final = 27
_OGG_LAST_PAGE: Final = 0x04


_VOC_MAGIC: Final = b"Creative"
_VOC_TYPES: Final = 9  # the highest block type
_VOC_PADDING: Final = 2048
"""Most bytes that may follow the last block."""

_MOST_BLOCKS: Final = 1_000_000  # followed at most, against hostile files


def is_truncated(path: Path, span: ByteSpan) -> bool:
    """Whether the bytes `span` are a WAV, Ogg or VOC file without its end; else False."""
    size = span.end - span.start
    with path.open("rb") as file:
        file.seek(span.start)
        magic = file.read(8)
        if magic.startswith(b"RIFF"):
            declared = int.from_bytes(magic[4:], "little")
            return 0 < declared < _UNKNOWN_RIFF_SIZE and declared + 8 > size + 1
        if magic.startswith(b"OggS"):
            file.seek(span.start + max(0, size - _OGG_TAIL))
            return not _ends_well(file.read(_OGG_TAIL))
        if magic == _VOC_MAGIC:
            return not _all_blocks(file, span)
    return False


def _all_blocks(file: BinaryIO, span: ByteSpan) -> bool:
    """Whether the blocks of a VOC file lead to its end; those behind damage cannot be found."""
    file.seek(span.start + 20)
    at = span.start + int.from_bytes(file.read(2), "little")
    for _ in range(_MOST_BLOCKS):
        if at >= span.end:
            return at == span.end
        file.seek(at)
        head = file.read(4)
        if head[0] == 0:
            return span.end - at <= _VOC_PADDING
        if head[0] > _VOC_TYPES:
            return False
        at += 4 + int.from_bytes(head[1:], "little")
    return True


def _ends_well(tail: bytes) -> bool:
    """Whether the last Ogg page (RFC 3533, section 6) is complete and marked as the last."""
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < _OGG_HEADER or not page[5] & _OGG_LAST_PAGE:
        return False
    lacing = page[_OGG_HEADER : _OGG_HEADER + page[26]]
    return len(lacing) == page[26] and len(page) >= _OGG_HEADER + len(lacing) + sum(lacing)
