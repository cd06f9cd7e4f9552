"""Whether the two channels of a recording are one voice twice."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, Int16Array

_SOUND: Final = 104.0
"""RMS, of 32768: a block that is quieter on both channels says nothing (-50 dB)."""

_OF_LOUDEST: Final = 10**-2.6
_OF_BLOCK: Final = 0.1
"""A difference means something if its energy exceeds these shares of the loudest block's so far
and of its own block's: noise in pauses stays below the first, a codec's below the second."""

_LEAST_SCALE: Final = 0.03
"""A channel that is quieter than this part of the other holds no copy of it."""


def same_voice(blocks: Iterable[Int16Array]) -> int:
    """1 if both channels carry the same, at whatever levels; -1 if one is turned over; else 0.

    Reads blocks of shape (2, n) until the first that differs: with two speakers that is the
    first in which one is heard, or the first of the second where one leaks into the other's
    channel, since then the levels change places.
    """
    all_l2 = all_r2 = all_lr = loudest = 0.0
    for block in blocks:
        left, right = block - block.mean(axis=1, keepdims=True, dtype=np.float64)
        l2, r2, lr = _energy(left, left), _energy(right, right), _energy(left, right)
        if max(l2, r2) < _SOUND**2:
            continue
        all_l2, all_r2, all_lr = all_l2 + l2, all_r2 + r2, all_lr + lr
        scale = (all_r2 / all_l2) ** 0.5 if all_l2 else 0.0
        if not _LEAST_SCALE < scale < 1 / _LEAST_SCALE:
            return 0
        copy2 = scale**2 * l2  # the left channel at the level of the right
        differs = copy2 + r2 - 2 * scale * lr * (1 if all_lr > 0 else -1)
        loudest = max(loudest, copy2, r2)
        if differs > _OF_LOUDEST * loudest and differs > _OF_BLOCK * (copy2 + r2) / 2:
            return 0
    return 0 if all_lr == 0 else 1 if all_lr > 0 else -1


def _energy(a: DoubleArray, b: DoubleArray) -> float:
    """The mean product of two signals of shape (n,)."""
    return float(a @ b) / len(a)
