"""Recognise files and text in a stream that was announced as raw audio, by its first bytes.

Raw audio has no signature, so each one tested here is one that samples cannot show by chance:
four bytes or more of a file's signature, three MPEG frames in a row, or half a kilobyte of text.
"""

import re
from typing import Final

from sentivox.audio.bare import FrameParser, adts_frame, mpeg_frame
from sentivox.audio.window import HEAD

MAX_SNIFFED_BYTES: Final = 4096
"""Bytes after which no more signatures can be found: room for three of the longest MPEG frames."""

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


def identify(head: bytes) -> str | None:
    """Name the format of bytes that are not raw samples.

    Args:
        head: The first bytes of a stream. More of them, up to MAX_SNIFFED_BYTES, tell more formats.

    Returns:
        The format, such as "MP3" or "base64 text", or None if the bytes may be raw audio. A WAV
        header is not reported, because raw audio may follow it.
    """
    for mark, name in _MARKS:
        if mark.match(head):
            return name
    if _chained(head, adts_frame):
        return "AAC"
    if _chained(head, mpeg_frame):
        return "MP3"
    return _text(head)


def _text(head: bytes) -> str | None:
    """Name the kind of text, if the bytes begin with half a kilobyte of it."""
    if not _TEXT.match(head):
        return None
    # Raw samples may be one printable byte for a while: silence in A-law is a run of 'U'.
    if min(len(kind.findall(head)) for kind in _WORDS) < len(head) / 20:
        return None
    return "base64 text" if _BASE64.fullmatch(head) else "text"


def _chained(head: bytes, frame: FrameParser) -> bool:
    """Whether three frames of one kind follow one another from the first byte."""
    at, kinds = 0, set[bytes]()
    for _ in range(3):
        found = frame(head[at : at + HEAD])
        if found is None:
            return False
        kinds.add(found[0])
        at += found[1]
    return len(kinds) == 1
