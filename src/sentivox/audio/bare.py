"""Parse the heads of bare audio frames, which no container holds.

Each parser takes the first bytes of a possible frame: HEAD of them, or fewer where the file ends.
It returns a key that is equal for all frames of one stream, and the frame's length in bytes; or
None if this is not a frame.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

FrameParser = Callable[[bytes], tuple[bytes, int] | None]
"""A parser of a frame's head, as the module describes it."""

_KBITS: Final = {
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates in kbit/s by version (3 MPEG 1, else 2) and layer field (1 layer III, 2 layer II)."""

_MPEG_RATES: Final = (44_100, 48_000, 32_000)

_AC3_KBITS: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512,
                     576, 640)  # fmt: skip
_AC3_RATES: Final = (48_000, 44_100, 32_000)
_FIRST_EAC3: Final = 11
_LAST_EAC3: Final = 16

_AMR_NB: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_AMR_WB: Final = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)
"""Bytes of a frame by frame type; 0 where there is no such type (RFC 4867)."""


def adts_frame(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of an AAC frame in ADTS (ISO/IEC 14496-3, 1.A.3.2)."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return (bytes((head[1], head[2], head[3] & 0xC0)), size) if size > 7 else None


def mpeg_frame(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of an MPEG layer II or III frame of stated rate (ISO/IEC 11172-3, 2.4.2.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    kbits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer not in {1, 2} or kbits in {0, 15} or rate == 3:
        return None
    table = _KBITS[3, layer] if version == 3 else _KBITS[2, 1]
    hertz = _MPEG_RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    slots = 72 if version != 3 and layer == 1 else 144
    return bytes((head[1], head[2] & 0x0C)), slots * 1000 * table[kbits] // hertz + padding


def xing_frames(frame: bytes) -> int | None:
    """Return how many frames follow an MP3 file's Xing or Info frame, which holds no sound."""
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 12 or not frame[at + 7] & 1:
        return None
    return int.from_bytes(frame[at + 8 : at + 12], "big")


def ac3_frame(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of an AC-3 or Enhanced AC-3 frame (ATSC A/52, 5.3 and E.2.2)."""
    if len(head) < 6 or head[:2] != b"\x0b\x77":
        return None
    version, rate = head[5] >> 3, head[4] >> 6
    if _FIRST_EAC3 <= version <= _LAST_EAC3:
        size = ((head[2] & 7) << 8 | head[3]) * 2 + 2
        return (bytes((version, rate)), size) if size > 6 else None
    code = head[4] & 0x3F
    if version >= _FIRST_EAC3 or rate == 3 or code >= 2 * len(_AC3_KBITS):
        return None
    # 16-bit words for 1536 samples; at 44.1 kHz they are not a whole number, so some have one more.
    words = 96_000 * _AC3_KBITS[code >> 1] // _AC3_RATES[rate] + (code & 1 if rate == 1 else 0)
    return bytes((version, rate)), 2 * words


def amr_nb_frame(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of a narrowband AMR frame (RFC 4867, 5.3)."""
    return _amr(head, _AMR_NB)


def amr_wb_frame(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of a wideband AMR frame (RFC 4867, 5.3)."""
    return _amr(head, _AMR_WB)


def wavpack_block(head: bytes) -> tuple[bytes, int] | None:
    """Parse the head of a WavPack block, versions 4 and 5."""
    if len(head) < 10 or head[:4] != b"wvpk" or head[9] != 4:
        return None
    return b"", int.from_bytes(head[4:8], "little") + 8


def _amr(head: bytes, sizes: tuple[int, ...]) -> tuple[bytes, int] | None:
    # A frame marked as damaged is not counted, so a stretch of zeros holds no frames.
    size = sizes[head[0] >> 3 & 15] if head and head[0] & 0x87 == 0x04 else 0
    return (b"", size) if size else None


@dataclass(frozen=True, slots=True)
class Framing:
    """How the frames of a stream are found again behind damage.

    Attributes:
        frame: Parses the head of a possible frame.
        mark: Matches wherever a frame can begin.
        chain: Frames in a row that do not occur by chance.
        timed: Whether each frame states its time.
        stated: Reads from the first frame how many follow it, if the format has that.
    """

    frame: FrameParser
    mark: re.Pattern[bytes]
    chain: int
    timed: bool = False
    stated: Callable[[bytes], int | None] | None = None


_ADTS: Final = Framing(adts_frame, re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), 3)
_MPEG: Final = Framing(
    mpeg_frame, re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd]"), 3, stated=xing_frames
)
_AC3: Final = Framing(ac3_frame, re.compile(rb"\x0b\x77"), 3)
_WAVPACK: Final = Framing(wavpack_block, re.compile(rb"wvpk"), 2, timed=True)
_AMR_MARK: Final = re.compile(rb"[\x04\x0c\x14\x1c\x24\x2c\x34\x3c\x44\x4c\x74\x7c]")

FRAMINGS: Final[Mapping[tuple[str, str], Framing]] = {
    ("aac", "aac"): _ADTS,
    ("amr", "amrnb"): Framing(amr_nb_frame, _AMR_MARK, 10),
    ("amr", "amrwb"): Framing(amr_wb_frame, _AMR_MARK, 10),
    ("wv", "wavpack"): _WAVPACK,
    **{
        (name, codec): _MPEG
        for name in ("mp3", "wav", "w64")
        for codec in ("mp2", "mp2float", "mp3", "mp3float")
    },
    **{(name, codec): _AC3 for name in ("ac3", "eac3", "wav", "w64") for codec in ("ac3", "eac3")},
}
"""Framing by container and codec, under FFmpeg's names."""
