"""ITU-T G.711 decoding by lookup tables: one byte to one 16-bit sample."""

from functools import cache

import numpy as np

from sentivox.types import Int16Array


@cache
def mulaw_table() -> Int16Array:
    """Return the int16 sample of each mu-law byte, shape (256,), peak 32124."""
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = ((mantissa << 3) + 0x84 << exponent) - 0x84
    return _frozen(np.where(code & 0x80, -magnitude, magnitude))


@cache
def alaw_table() -> Int16Array:
    """Return the int16 sample of each A-law byte, shape (256,), peak 32256."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    # Segment 0 is linear; from segment 1 on an implicit leading bit is added and shifted.
    magnitude = np.where(
        exponent == 0,
        (mantissa << 4) + 8,
        (mantissa << 4) + 0x108 << np.maximum(exponent - 1, 0),
    )
    return _frozen(np.where(code & 0x80, magnitude, -magnitude))


def _frozen(table: np.ndarray) -> Int16Array:
    """Return the table as read-only int16."""
    samples = table.astype(np.int16)
    samples.setflags(write=False)  # shared by every stream
    return samples
