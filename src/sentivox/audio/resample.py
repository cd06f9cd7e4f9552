"""Resample any rate to the core's 16 kHz, in one streaming step shared by sockets and files."""

import numpy as np
import soxr

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

_FULL_SCALE = 32768.0


class Resampler:
    """Resamples float frames to int16 at 16 kHz; bit-identical however the frames are chunked.

    The filter (soxr "HQ") works on float32 and only its result is rounded, because soxr's own
    int16 path adds dither. It holds back 15 to 40 ms, which `flush` returns, so that n frames
    give n * 16000 / rate samples, rounded. At 16 kHz nothing is filtered or held back.

    Args:
        rate: Sample rate of the input in Hz.
        channels: Number of channels.
    """

    __slots__ = ("_channels", "_stream")

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._stream = (
            None
            if rate == SAMPLE_RATE
            else soxr.ResampleStream(rate, SAMPLE_RATE, channels, dtype="float32", quality="HQ")
        )

    def __call__(self, frames: FloatArray) -> Int16Array:
        """Resample frames of shape (n, channels), full scale -1…1, to shape (channels, m)."""
        if self._stream is not None:
            frames = self._stream.resample_chunk(np.ascontiguousarray(frames))
        return to_int16(frames)

    def flush(self) -> Int16Array:
        """Return the samples still held back, shape (channels, m). No call may follow."""
        none = np.zeros((0, self._channels), np.float32)
        if self._stream is None:
            return to_int16(none)
        return to_int16(self._stream.resample_chunk(none, last=True))


def to_int16(frames: FloatArray) -> Int16Array:
    """Round and clip frames of shape (n, channels), -1…1, to int16 of shape (channels, n)."""
    scaled = np.rint(frames.T * np.float32(_FULL_SCALE))
    return np.ascontiguousarray(np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16))


def int16_to_float(samples: Int16Array) -> FloatArray:
    """Convert int16 of any shape to float32 of full scale -1…1."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)
