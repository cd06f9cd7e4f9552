"""Decode raw audio bytes from a client, however they are chunked, to int16 at 16 kHz."""

from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np

from sentivox.audio.g711 import alaw_table, mulaw_table
from sentivox.audio.resample import Resampler, int16_to_float
from sentivox.errors import ProtocolError
from sentivox.protocol.options import MAX_RATE, MIN_RATE
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

_BYTES: Final = {"linear16": 2, "linear32f": 4, "mulaw": 1, "alaw": 1}  # per sample
_BLOCK_FRAMES: Final = 1 << 18
"""Frames converted at a time, so that a huge message needs little memory beyond its own."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The format of a raw stream.

    Attributes:
        encoding: "linear16" (int16) or "linear32f" (float32, full scale -1…1), both
            little-endian, or G.711 "mulaw" or "alaw", one byte per sample.
        sample_rate: Hz, 8000 to 48000.
        channels: 1, or 2 interleaved.

    Raises:
        ProtocolError: a value is not one of these.
    """

    encoding: str = "linear16"
    sample_rate: int = SAMPLE_RATE
    channels: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.encoding, str) or self.encoding not in _BYTES:
            raise ProtocolError(
                f"encoding {str(self.encoding)[:40]!r} is not known: use linear16, linear32f"
                " (float32 little-endian), mulaw or alaw."
            )
        rate, channels = _whole(self.sample_rate), _whole(self.channels)
        if rate is None or not MIN_RATE <= rate <= MAX_RATE:
            raise ProtocolError(
                f"sample_rate {self.sample_rate!r} is not supported: use {MIN_RATE} to"
                f" {MAX_RATE} Hz."
            )
        if channels not in {1, 2}:
            raise ProtocolError(f"channels {self.channels!r} is not supported: use 1 or 2.")
        object.__setattr__(self, "sample_rate", rate)  # NumPy's integers cannot be sent as JSON
        object.__setattr__(self, "channels", channels)

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame: one sample of each channel."""
        return _BYTES[self.encoding] * self.channels


class PcmDecoder:
    """Decodes one raw stream; the samples do not depend on how its bytes are chunked.

    A frame split between two calls is carried over. "linear16" at 16 kHz passes through
    unchanged. In float input, NaN and infinity become 0, and samples beyond full scale are clipped.
    """

    __slots__ = ("_carry", "_resample", "format")

    def __init__(self, format: AudioFormat) -> None:  # noqa: A002  (the protocol's own word)
        self.format = format
        self._carry = b""
        self._resample = Resampler(format.sample_rate, format.channels)

    def decode(self, data: bytes | bytearray | memoryview) -> Int16Array:
        """Decode the next bytes, any number, to int16 at 16 kHz, shape (channels, n)."""
        if self._carry:
            data = self._carry + bytes(data)
        whole = len(data) - len(data) % self.format.frame_bytes
        self._carry = bytes(data[whole:])
        step = _BLOCK_FRAMES * self.format.frame_bytes
        view = memoryview(data)[:whole]
        blocks = [self._decode(view[i : i + step]) for i in range(0, max(whole, 1), step)]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    def flush(self) -> Int16Array:
        """End the stream; return what the resampler held back, shape (channels, n), maybe empty.

        A partial frame at the end is dropped.
        """
        self._carry = b""
        return self._resample.flush()

    def _decode(self, data: memoryview) -> Int16Array:
        shape = (-1, self.format.channels)
        match self.format.encoding:
            case "linear16":
                samples = np.frombuffer(data, "<i2").reshape(shape)
            case "linear32f":
                return self._resample(_clean(np.frombuffer(data, "<f4")).reshape(shape))
            case "mulaw":
                samples = mulaw_table()[np.frombuffer(data, np.uint8)].reshape(shape)
            case _:
                samples = alaw_table()[np.frombuffer(data, np.uint8)].reshape(shape)
        if self.format.sample_rate == SAMPLE_RATE:
            return np.ascontiguousarray(samples.T, dtype=np.int16)
        return self._resample(int16_to_float(samples))


def _whole(number: object) -> int | None:
    """Return a whole number of any type as an int, anything else as None."""
    return int(float(number)) if isinstance(number, Real) and number % 1 == 0 else None


def _clean(samples: FloatArray) -> FloatArray:
    """Replace NaN and infinity by 0, and clip to full scale.

    A single bad sample would otherwise ring through the resampler's filter.
    """
    finite = np.where(np.isfinite(samples), samples, np.float32(0))
    return np.clip(finite, -1, 1, dtype=np.float32)
