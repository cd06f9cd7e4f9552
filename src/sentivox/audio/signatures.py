"""What bytes are that were said to be raw audio: their first ones give files and text away.

Raw audio has no mark of its own, so each sign here is one that samples cannot show by chance:
four bytes or more of a file's mark, three MPEG frames in a row, or half a kilobyte of text.
"""

import re
from collections.abc import Callable
from typing import Final

ENOUGH: Final = 4096
"""Bytes after which nothing more is found: three of the longest MPEG frames fit in."""

_MARKS: Final = tuple(
    (re.compile(mark, re.DOTALL), name)
    for mark, name in (
        (rb"\x1a\x45\xdf\xa3", "WebM or Matroska"),
        (rb"\x1f\x43\xb6\x75", "a piece of WebM or Matroska"),
        (rb"OggS", "Ogg (Opus, Vorbis, FLAC or Speex)"),
        (rb"OpusHead", "Opus"),
        (rb"fLaC", "FLAC"),
        (rb"ID3[\x02-\x04][\x00-\x09].[\x00-\x7f]{4}", "MP3"),
        (rb"....(ftyp|styp|moov|moof|mdat|sidx)", "MP4 or M4A"),
        (rb"#!AMR", "AMR"),
        (rb"\x02?#!SILK", "SILK"),
        (rb"FORM....AIF[FC]", "AIFF"),
        (rb"caff\x00\x01", "CAF"),
        (rb"\.snd", "AU"),
        (rb"RIFX....WAVE", "WAV in big-endian order"),
        (rb"riff\x2e\x91\xcf\x11", "Wave64"),
        (rb"RIFF....(?!WAVE)", "RIFF, but not WAV"),
        (rb"NIST_1A", "NIST SPHERE"),
        (rb"Creative Voice File", "VOC"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
        (rb"wvpk", "WavPack"),
        (rb"MAC \x96", "Monkey's Audio"),
        (rb"ADIF", "AAC"),
        (rb"MThd", "MIDI"),
        (rb"FLV\x01", "FLV"),
        (rb"\x00\x00\x01\xba", "MPEG"),
        (rb"(\x47.{187}){4}\x47", "MPEG-TS"),
        (rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", "gzip"),
        (rb"PK\x03\x04", "ZIP"),
        (rb"\x93NUMPY", "a NumPy file"),
    )
)

_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e]{512}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=_\r\n-]+")
_WORDS: Final = tuple(map(re.compile, (rb"[a-z]", rb"[A-Z0-9]")))

_KBITS: Final = {
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by version (3 MPEG 1, else 2) and layer field (1 layer III, 2 layer II)."""

_MPEG_RATES: Final = (44_100, 48_000, 32_000)


_Frame = Callable[[bytes], tuple[bytes, int] | None]


def identify(head: bytes) -> str | None:
    """What these bytes are, if they are no samples.

    Args:
        head: The first of a stream, up to ENOUGH of them. More may tell more.

    Returns:
        Its name, as "MP3" or "base64 text"; None where they may be raw audio. A WAV header,
        after which raw audio may follow, is not named.
    """
    for mark, name in _MARKS:
        if mark.match(head):
            return name
    if _chained(head, _adts_frame):
        return "AAC"
    if _chained(head, _mpeg_frame):
        return "MP3"
    return _text(head)


def _text(head: bytes) -> str | None:
    if not _TEXT.match(head):
        return None
    # Samples may all have one sign for a while: a steady 'U' is silence in A-law.
    if min(len(kind.findall(head)) for kind in _WORDS) < len(head) / 20:
        return None
    return "base64 text" if _BASE64.fullmatch(head) else "text"


def _chained(head: bytes, frame: _Frame) -> bool:
    """Whether three frames follow one another from the first byte on."""
    at, kinds = 0, set[bytes]()
    for _ in range(3):
        found = frame(head[at : at + 7])
        if found is None:
            return False
        kinds.add(found[0])
        at += found[1]
    return len(kinds) == 1


def _adts_frame(head: bytes) -> tuple[bytes, int] | None:
    """What stays the same in all headers of an AAC stream, and this frame's bytes."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return (head[1:3], size) if size > 7 else None


def _mpeg_frame(head: bytes) -> tuple[bytes, int] | None:
    """The same of an MPEG audio stream, layers II and III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    kbits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer not in {1, 2} or kbits in {0, 15} or rate == 3:
        return None
    table = _KBITS[3, layer] if version == 3 else _KBITS[2, 1]
    hertz = _MPEG_RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    slots = 72 if version != 3 and layer == 1 else 144
    return head[1:2], slots * 1000 * table[kbits] // hertz + padding
