"""How loud a recording is over time, small enough to draw."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.types import SAMPLE_RATE, DoubleArray, FloatArray

HOP: Final = SAMPLE_RATE // 50
"""Samples in one peak: 20 ms. A file's blocks, but for the last, are whole numbers of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """The peaks of a recording.

    Attributes:
        peaks: shape (channels, n): the largest |sample| of each 20 ms, 1 is the recording's
            loudest.
    """

    peaks: FloatArray

    @classmethod
    def read(cls, file: AudioFile) -> "Envelope":
        """Decode the recording once more, in memory that hardly depends on its length.

        Raises:
            AudioError: It cannot be decoded.
        """
        pieces: list[FloatArray] = []
        for block in file:
            padded = np.pad(block, ((0, 0), (0, -block.shape[1] % HOP)))
            hops = np.abs(padded.astype(np.float32)).reshape(block.shape[0], -1, HOP)
            pieces.append(hops.max(axis=2))
        peaks = np.concatenate(pieces, axis=1)
        return cls(peaks / max(float(peaks.max()), 1.0))

    def columns(self, channel: int, edges: DoubleArray) -> FloatArray:
        """The peak between each two of n + 1 rising times in seconds, shape (n,); 0 beyond it."""
        at = np.clip((edges * SAMPLE_RATE / HOP).astype(int), 0, self.peaks.shape[1])
        row = self.peaks[channel]
        return np.array(
            [row[i : max(i + 1, j)].max(initial=0.0) for i, j in pairwise(at)], dtype=np.float32
        )
