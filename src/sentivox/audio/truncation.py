"""Whether a file ends before its container says it should.

FFmpeg reads such files to their last byte and says nothing, so the two containers that tell,
and whose decoded length does not, are looked at here.
"""

from pathlib import Path
from typing import Final

from sentivox.audio.containers import Span

_UNKNOWN_RIFF_SIZE: Final = 0x7FFF_0000
"""Writers that stream put 2 GiB - something or 4 GiB - 1 where they do not know the size."""

_OGG_TAIL: Final = 1 << 17  # an Ogg page is at most 65 307 bytes
_OGG_HEADER: Final = 27
_OGG_LAST_PAGE: Final = 0x04


def cut_short(path: Path, span: Span) -> bool:
    """True for a WAV or Ogg file, of these bytes, that has lost its end; False for all else."""
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
    return False


def _ends_well(tail: bytes) -> bool:
    """Whether the last Ogg page (RFC 3533, section 6) is marked as last, and whole."""
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < _OGG_HEADER or not page[5] & _OGG_LAST_PAGE:
        return False
    lacing = page[_OGG_HEADER : _OGG_HEADER + page[26]]
    return len(lacing) == page[26] and len(page) >= _OGG_HEADER + len(lacing) + sum(lacing)
