"""Convert samples in memory to int16 of shape (channels, n), or refuse them."""

import wave
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.resample import to_int16
from sentivox.errors import AudioError
from sentivox.types import Int16Array

LOWEST_RATE: Final = 1_000  # Hz
HIGHEST_RATE: Final = 768_000  # Hz
MOST_CHANNELS: Final = 8

_LOUDEST: Final = 4.0
"""Largest float sample that passes for overshoot; full scale is -1…1."""

_PIECE: Final = 1 << 20  # frames written at a time


def int16_samples(source: object, sample_rate: int | None) -> tuple[Int16Array, int]:
    """Return samples as int16 of shape (channels, n), and their rate in Hz.

    Args:
        source: Anything that NumPy makes an array of, of shape (n,) or (channels, n): int16, or
            floats in -1…1.
        sample_rate: Hz.

    Raises:
        AudioError: `source` is no array of samples, the rate is missing, or the type, shape or
            rate is not supported.
    """
    try:
        given = np.asarray(source)
    except (TypeError, ValueError, RuntimeError) as error:  # raised by a tensor on a GPU
        why = " ".join(str(error).split())
        raise AudioError(
            f"{type(source).__name__} cannot be converted to an array: {why}"
        ) from None
    if given.dtype.kind not in "iuf" or (not given.ndim and sample_rate is None):
        kind = "None" if source is None else type(source).__name__
        if given.ndim:
            kind = f"{kind} ({given.dtype})"
        raise AudioError(
            f"{kind} is not a recording: give a path, a file's bytes, a file opened"
            " in binary mode, or an array of samples."
        )
    if sample_rate is None:
        raise AudioError("An array does not say its rate: name it, such as sample_rate=16000.")
    return _int16(_shaped(given)), _rate(sample_rate)


def _rate(given: float) -> int:
    """Check a sample rate in Hz."""
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = 0.0
    if not number.is_integer() or not LOWEST_RATE <= number <= HIGHEST_RATE:
        raise AudioError(
            f"sample_rate {given} is not supported: use {LOWEST_RATE} to {HIGHEST_RATE} Hz."
        )
    return int(number)


def _shaped(given: NDArray[Any]) -> NDArray[Any]:
    """Return the samples with shape (channels, n)."""
    shaped = given[None] if given.ndim == 1 else given
    if shaped.ndim != 2 or not shaped.size or shaped.shape[0] > MOST_CHANNELS:
        turned = shaped.ndim == 2 and 0 < shaped.shape[1] <= MOST_CHANNELS
        hint = "transpose it with .T" if turned else f"1 to {MOST_CHANNELS} channels, not empty"
        raise AudioError(f"Samples of shape {given.shape} must be (n,) or (channels, n): {hint}.")
    return shaped


def _int16(samples: NDArray[Any]) -> Int16Array:
    """Return int16 or float samples as int16."""
    if samples.dtype.kind == "f":
        numbers = np.isfinite(samples)
        if not numbers.any():
            raise AudioError("None of the samples is a finite number: look for a division by 0.")
        finite = np.where(numbers, samples, 0)
        if np.abs(finite).max() > _LOUDEST:
            raise AudioError(
                "Float samples must lie within -1…1: divide them by their full scale"
                " (32768 where they were int16)."
            )
        return to_int16(finite.T.astype(np.float32))
    if samples.dtype.str[1:] != "i2":
        raise AudioError(
            f"{samples.dtype} samples have no defined full scale: convert them to int16,"
            " or to float32 in -1…1."
        )
    return samples.astype(np.int16)


def write_samples(file: BinaryIO, pcm: Int16Array, rate: int) -> None:
    """Write samples of shape (channels, n) and the given rate in Hz as a 16-bit WAV file."""
    with wave.open(file, "wb") as out:
        out.setnchannels(pcm.shape[0])
        out.setsampwidth(2)
        out.setframerate(rate)
        for start in range(0, pcm.shape[1], _PIECE):
            out.writeframes(pcm[:, start : start + _PIECE].T.astype("<i2").tobytes())
