"""Parse a WAV header at the beginning of a stream that was announced as raw audio."""

import re
import struct
from dataclasses import dataclass
from typing import Final

from sentivox.audio.pcm import AudioFormat
from sentivox.protocol.options import MAX_RATE, MIN_RATE

MAX_HEADER_BYTES: Final = 1 << 16
"""Most bytes that are searched for the end of a header; few headers have a kilobyte."""

_START: Final = re.compile(rb"(RIFF|RF64|BW64)....WAVE", re.DOTALL)
_MARK: Final = 12
_EXTENSIBLE: Final = 0xFFFE
_ENCODINGS: Final = {(1, 16): "linear16", (3, 32): "linear32f", (6, 8): "alaw", (7, 8): "mulaw"}
_KINDS: Final = {1: "integers", 3: "floats"}


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a WAV header states about the samples after it.

    Attributes:
        size: Bytes before the first sample.
        sample_rate: Hz.
        channels: Number of interleaved channels.
        encoding: One of `AudioFormat`'s encodings, or None for any other.
        named: The encoding as shown to users, such as "24-bit integers".
    """

    size: int
    sample_rate: int
    channels: int
    encoding: str | None
    named: str

    def matches(self, audio: AudioFormat) -> bool:
        """Whether the samples have the format `audio`."""
        theirs = (self.encoding, self.sample_rate, self.channels)
        return theirs == (audio.encoding, audio.sample_rate, audio.channels)

    @property
    def query(self) -> str | None:
        """Query string with which a stream accepts these samples, or None if none does."""
        if self.encoding is None or self.channels not in {1, 2}:
            return None
        if not MIN_RATE <= self.sample_rate <= MAX_RATE:
            return None
        return f"encoding={self.encoding}&sample_rate={self.sample_rate}&channels={self.channels}"


def may_begin_wav(data: bytes) -> bool:
    """Whether the bytes so far can be the beginning of a WAV file."""
    if len(data) >= _MARK:
        return _START.match(data) is not None
    return any((mark[:4] + data[4:8] + b"WAVE").startswith(data) for mark in _MARKS)


_MARKS: Final = (b"RIFF", b"RF64", b"BW64")


def wav_header(data: bytes) -> WavHeader | None:
    """Parse a header.

    Args:
        data: The beginning of a WAV file, of any length.

    Returns:
        The header, or None if `data` ends before the first sample.
    """
    at, form = _MARK, None
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        at += 8
        if name == b"data" and form is not None:
            return _header(form, at)
        if at + size > len(data):
            return None
        if name == b"fmt " and size >= 16:
            form = data[at : at + size]
        at += size + size % 2
    return None


def _header(form: bytes, size: int) -> WavHeader:
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if tag == _EXTENSIBLE and len(form) >= 26:
        tag = struct.unpack_from("<H", form, 24)[0]
    encoding = _ENCODINGS.get((tag, bits))
    kind = _KINDS.get(tag)
    named = encoding or (f"{bits}-bit {kind}" if kind else f"codec {tag:#06x}")
    return WavHeader(size, rate, channels, encoding, named)
