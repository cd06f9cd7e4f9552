"""Detect whether the two channels of a recording carry the same audio."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, Int16Array

_SOUND: Final = 104.0
"""RMS, of 32768, below which on both channels a block is ignored (-50 dB)."""

_OF_LOUDEST: Final = 10**-2.6
_OF_BLOCK: Final = 0.1
"""The channels differ where the energy of their difference exceeds both shares: of the loudest
block so far, which noise in pauses does not, and of its own block, which a codec's noise does
not."""

_LEAST_SCALE: Final = 0.03
"""Level of a channel relative to the other below which it is not a copy."""


def same_voice(blocks: Iterable[Int16Array]) -> int:
    """Detect whether two channels carry the same audio, at any levels.

    Args:
        blocks: int16 of shape (2, n). They are read up to the first one that differs. With two
            speakers, that is the first block with speech; or, where each leaks into the other's
            channel, the first block of the second speaker, when the louder channel changes.

    Returns:
        1 if both carry the same, -1 if one is inverted, 0 if they differ or are silent.
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
    """Return the mean product of two signals of shape (n,)."""
    return float(a @ b) / len(a)
