"""A high-pass: an offset, mains hum and rumble go, voices stay.

No voice is lower than some 80 Hz, but a microphone with an offset puts most of its power at 0 Hz,
and a bad cable hums at 50 or 60. Voice activity detection hears nothing through the one, and the
tone of what is said changes with the other.

The filter is a Butterworth of the fourth order, as an impulse response cut where it has died
away. So each sample follows from the `REACH` before it and itself, there is no state to carry,
and any stretch of a stream can be filtered when it is wanted.
"""

from functools import cache
from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.ring import RingBuffer
from sentivox.types import SAMPLE_RATE, DoubleArray, Int16Array

CUTOFF_HZ: Final = 80.0
"""Where a tone loses 3 dB; at 60 Hz it is 10, at 50 Hz 16, at 30 Hz 34."""

REACH: Final = 512
"""Samples before a sample that it depends on (32 ms)."""

_ORDER: Final = 4
_BLOCK: Final = REACH
"""Samples filtered at a time. Always as many, however much there is, so that a sample does not
depend on the stretch that it was asked for with. As many as `REACH`, so that each block's past is
the block before."""

_FFT: Final = REACH + _BLOCK


class HighPassed:
    """What a ring buffer holds, filtered; it reads like the buffer itself.

    Before its beginning a stream is taken to have been at the level of its first sample, so that
    an offset is gone from the start.

    Args:
        ring: The stream's audio. What is read must be held there with the `REACH` before it.
    """

    __slots__ = ("_ring",)

    def __init__(self, ring: RingBuffer) -> None:
        self._ring = ring

    def span(self, start: int, stop: int) -> Int16Array:
        """The absolute samples [start, stop), filtered, shape (stop - start,).

        Raises:
            AudioError: some of them, or of those before, are not held.
        """
        held = self._ring.span(max(0, start - REACH), stop)
        return _filtered(held) if start >= REACH else _filtered(_begun(held, REACH - start))


def high_passed(pcm: Int16Array) -> Int16Array:
    """A whole recording, filtered as a stream of it would be; both of shape (n,)."""
    return _filtered(_begun(pcm, REACH))


def _begun(pcm: Int16Array, before: int) -> Int16Array:
    """The beginning of a stream, with so many samples at the level of its first before it."""
    return np.concatenate((np.full(before, pcm[0] if len(pcm) else 0, np.int16), pcm))


def _filtered(pcm: Int16Array) -> Int16Array:
    """Filter samples, shape (REACH + n,); those after the first REACH come back, shape (n,)."""
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
    """The filter's frequency response at the bins of the transform, complex."""
    impulse = np.zeros(REACH + 1)
    impulse[0] = 1.0
    for pair in range(_ORDER // 2):
        impulse = _second_order(impulse, 0.5 / cos(pi * (2 * pair + 1) / (2 * _ORDER)))
    # What was cut off would let some of an offset through.
    impulse[1:] -= impulse.sum() / REACH
    return np.fft.rfft(impulse, _FFT)


def _second_order(signal: DoubleArray, q: float) -> DoubleArray:
    """One section of the filter, of quality `q`: the bilinear transform's, sample by sample."""
    angle = 2 * pi * CUTOFF_HZ / SAMPLE_RATE
    alpha, c = sin(angle) / (2 * q), cos(angle)
    out = np.zeros_like(signal)
    x1 = x2 = y1 = y2 = 0.0
    for i, x in enumerate(signal.tolist()):
        y = ((1 + c) * (x - 2 * x1 + x2) / 2 + 2 * c * y1 - (1 - alpha) * y2) / (1 + alpha)
        x1, x2, y1, y2 = x, x1, y, y1
        out[i] = y
    return out
