"""A high-pass filter that removes offset, mains hum and rumble, but not voices.

No voice is lower than about 80 Hz, but a microphone with an offset puts most of its power at 0 Hz,
and a bad cable hums at 50 or 60 Hz. The offset hides speech from voice activity detection, and the
hum changes the tone scores.

The filter is a fourth-order Butterworth, applied as an impulse response that is truncated where it
has decayed. So each sample depends only on itself and the `REACH` samples before it, there is no
state, and any stretch of a stream can be filtered on demand.
"""

from functools import cache
from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.ring import RingBuffer
from sentivox.types import SAMPLE_RATE, DoubleArray, Int16Array

CUTOFF_HZ: Final = 80.0
"""Frequency at which the attenuation is 3 dB; at 60 Hz it is 10 dB, at 50 Hz 16, at 30 Hz 34."""

REACH: Final = 512
"""Number of preceding samples that each filtered sample depends on (32 ms)."""

_ORDER: Final = 4
_BLOCK: Final = REACH
"""Samples filtered at a time. The number is constant, so that a sample does not depend on the
stretch it was requested with, and equal to `REACH`, so that each block's past is the one before."""

_FFT: Final = REACH + _BLOCK  # samples in a transform


class HighPassed:
    """A filtered view of a ring buffer.

    Before its beginning, a stream is taken to have been at the level of its first sample, so that
    an offset is removed from the start.

    Args:
        ring: The stream's audio. To filter a stretch, the buffer must also hold the `REACH`
            samples before it.
    """

    __slots__ = ("_ring",)

    def __init__(self, ring: RingBuffer) -> None:
        self._ring = ring

    def span(self, start: int, stop: int) -> Int16Array:
        """Return the samples [start, stop) of the stream, filtered, shape (stop - start,).

        Raises:
            AudioError: the buffer does not hold them, or the `REACH` samples before them.
        """
        held = self._ring.span(max(0, start - REACH), stop)
        return _filtered(held) if start >= REACH else _filtered(_begun(held, REACH - start))


def high_passed(pcm: Int16Array) -> Int16Array:
    """Filter a whole recording exactly as a stream of it would be; both have shape (n,)."""
    return _filtered(_begun(pcm, REACH))


def _begun(pcm: Int16Array, before: int) -> Int16Array:
    """Prepend `before` samples at the level of the first one."""
    return np.concatenate((np.full(before, pcm[0] if len(pcm) else 0, np.int16), pcm))


def _filtered(pcm: Int16Array) -> Int16Array:
    """Filter samples of shape (REACH + n,); return those after the first REACH, shape (n,)."""
    wanted = len(pcm) - REACH
    rows = -(-wanted // _BLOCK)
    padded = np.zeros(REACH + rows * _BLOCK)
    padded[: len(pcm)] = pcm
    frames = np.empty((rows, _FFT))
    frames[:, REACH:] = padded[REACH:].reshape(rows, _BLOCK)
    frames[:, :REACH] = padded[: rows * _BLOCK].reshape(rows, _BLOCK)
    filtered = np.fft.irfft(np.fft.rfft(frames) * _response(), _FFT)[:, REACH:]
    return np.clip(np.rint(filtered), -32768, 32767).astype(np.int16).reshape(-1)[:wanted]


@cache
def _response() -> NDArray[np.complex128]:
    """The filter's complex frequency response at the bins of the transform."""
    impulse = np.zeros(REACH + 1)
    impulse[0] = 1.0
    for pair in range(_ORDER // 2):
        impulse = _second_order(impulse, 0.5 / cos(pi * (2 * pair + 1) / (2 * _ORDER)))
    # The truncated response does not quite sum to 0, and would let some of an offset through.
    impulse[1:] -= impulse.sum() / REACH
    return np.fft.rfft(impulse, _FFT)


def _second_order(signal: DoubleArray, q: float) -> DoubleArray:
    """Apply a second-order section of quality `q` (bilinear transform), sample by sample."""
    angle = 2 * pi * CUTOFF_HZ / SAMPLE_RATE
    alpha, c = sin(angle) / (2 * q), cos(angle)
    out = np.zeros_like(signal)
    x1 = x2 = y1 = y2 = 0.0
    for i, x in enumerate(signal.tolist()):
        y = ((1 + c) * (x - 2 * x1 + x2) / 2 + 2 * c * y1 - (1 - alpha) * y2) / (1 + alpha)
        x1, x2, y1, y2 = x, x1, y, y1
        out[i] = y
    return out
