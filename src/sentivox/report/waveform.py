"""How loud a recording is over time, small enough to draw."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sentivox.audio.protocol import Recording
from sentivox.types import SAMPLE_RATE, DoubleArray, FloatArray, Int16Array

HOP: Final = SAMPLE_RATE // 50
"""Samples in the shortest peak, 20 ms. All blocks of a file but the last are multiples of it."""

MAX_BINS: Final = 32_768
"""Peaks a channel: 128 kB. One of ten hours then lasts 1.3 s, which is less than a stroke drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """The peaks of a recording.

    Attributes:
        peaks: shape (channels, n): the largest |sample| of each `hop`, 1 is the recording's
            loudest.
        hop: Samples in each.
    """

    peaks: FloatArray
    hop: int = HOP

    @classmethod
    def read(cls, file: Recording) -> "Envelope":
        """Decode the recording once more, in memory that does not depend on its length.

        Raises:
            AudioError: It cannot be decoded.
        """
        peaks = Peaks(file.channels)
        for block in file:
            peaks.add(block)
        return peaks.envelope()

    def columns(self, channel: int, edges: DoubleArray) -> FloatArray:
        """The peak between each two of n + 1 rising times in seconds, shape (n,); 0 beyond it."""
        at = np.clip((edges * SAMPLE_RATE / self.hop).astype(int), 0, self.peaks.shape[1])
        row = self.peaks[channel]
        return np.array(
            [row[i : max(i + 1, j)].max(initial=0.0) for i, j in pairwise(at)], dtype=np.float32
        )


class Peaks:
    """Gathers the peaks of audio as it comes; when there are too many, each two become one.

    Args:
        channels: How many.
        most: Peaks a channel, an even number.
    """

    def __init__(self, channels: int, most: int = MAX_BINS) -> None:
        self._peaks: FloatArray = np.zeros((channels, most), np.float32)
        self._most = most
        self._fold = 1  # HOPs in a peak
        self._seen = 0  # HOPs

    def add(self, block: Int16Array) -> None:
        """Take the next samples, shape (channels, n); all but the last are whole numbers of HOP."""
        padded = np.pad(block, ((0, 0), (0, -block.shape[1] % HOP)))
        fresh = np.abs(padded.astype(np.float32)).reshape(len(block), -1, HOP).max(axis=2)
        seen = self._seen + fresh.shape[1]
        while seen > self._most * self._fold:
            self._halve()
        at = [hop // self._fold for hop in range(self._seen, seen)]
        for row, peaks in zip(self._peaks, fresh, strict=True):
            np.maximum.at(row, at, peaks)
        self._seen = seen

    def envelope(self) -> Envelope:
        """What came so far, as shares of the loudest."""
        peaks = self._peaks[:, : -(-self._seen // self._fold)]
        return Envelope(peaks / max(float(peaks.max(initial=0.0)), 1.0), self._fold * HOP)

    def _halve(self) -> None:
        pairs = self._peaks.reshape(len(self._peaks), -1, 2).max(axis=2)
        self._peaks[:] = 0.0
        self._peaks[:, : pairs.shape[1]] = pairs
        self._fold *= 2
