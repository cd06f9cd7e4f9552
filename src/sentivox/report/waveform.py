"""The envelope of a recording: its peaks over time, reduced to a size that can be drawn."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sentivox.audio.protocol import Recording
from sentivox.types import SAMPLE_RATE, DoubleArray, FloatArray, Int16Array

PEAK_HOP: Final = SAMPLE_RATE // 50
"""Samples per peak at the finest resolution, 20 ms. All blocks of a file but the last are multiples
of it."""

MAX_BINS: Final = 32_768
"""Most peaks per channel, 128 kB. In a recording of ten hours, a peak then covers 1.3 s, less than
one stroke of the drawing."""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """The peaks of a recording.

    Attributes:
        peaks: Shape (channels, n): the largest absolute sample of each hop, 0…1, relative to the
            loudest sample of the recording.
        hop: Samples per peak.
    """

    peaks: FloatArray
    hop: int = PEAK_HOP

    @classmethod
    def silent(cls, channels: int) -> "Envelope":
        """The envelope where there is no audio any more."""
        return cls(np.zeros((channels, 1), dtype=np.float32))

    @classmethod
    def read(cls, file: Recording) -> "Envelope":
        """Compute the envelope of a recording, in memory that does not depend on its length.

        Raises:
            AudioError: The recording cannot be decoded.
        """
        peaks = Peaks(file.channels)
        for block in file:
            peaks.add(block)
        return peaks.envelope()

    def columns(self, channel: int, edges: DoubleArray) -> FloatArray:
        """The peaks of a channel in n successive intervals, shape (n,).

        Args:
            channel: Number of the channel, from 0.
            edges: Rising edges of the intervals, in seconds, shape (n + 1,). Peaks after the end
                of the recording are 0.
        """
        at = np.clip((edges * SAMPLE_RATE / self.hop).astype(int), 0, self.peaks.shape[1])
        row = self.peaks[channel]
        return np.array(
            [row[i : max(i + 1, j)].max(initial=0.0) for i, j in pairwise(at)], dtype=np.float32
        )


class Peaks:
    """Collects the peaks of audio block by block, halving the resolution whenever it has too many.

    Args:
        channels: Number of channels.
        most: Most peaks per channel, an even number.
    """

    def __init__(self, channels: int, most: int = MAX_BINS) -> None:
        self._peaks: FloatArray = np.zeros((channels, most), np.float32)
        self._most = most
        self._fold = 1  # hops per peak
        self._seen = 0  # hops taken so far

    def add(self, block: Int16Array) -> None:
        """Take the next block, shape (channels, n); n is a multiple of PEAK_HOP but in the last."""
        padded = np.pad(block, ((0, 0), (0, -block.shape[1] % PEAK_HOP)))
        fresh = np.abs(padded.astype(np.float32)).reshape(len(block), -1, PEAK_HOP).max(axis=2)
        seen = self._seen + fresh.shape[1]
        while seen > self._most * self._fold:
            self._halve()
        at = [hop // self._fold for hop in range(self._seen, seen)]
        for row, peaks in zip(self._peaks, fresh, strict=True):
            np.maximum.at(row, at, peaks)
        self._seen = seen

    def envelope(self) -> Envelope:
        """The envelope of the audio so far, relative to its loudest sample."""
        peaks = self._peaks[:, : -(-self._seen // self._fold)]
        return Envelope(peaks / max(float(peaks.max(initial=0.0)), 1.0), self._fold * PEAK_HOP)

    def _halve(self) -> None:
        pairs = self._peaks.reshape(len(self._peaks), -1, 2).max(axis=2)
        self._peaks[:] = 0.0
        self._peaks[:, : pairs.shape[1]] = pairs
        self._fold *= 2
