"""Convert decoded frames of any sample type and number of channels to float or int16 arrays."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

BLOCK_SAMPLES: Final = SAMPLE_RATE // 2
"""Samples per channel in a block: 0.5 s."""

SILENCE_PEAK_TO_PEAK: Final = 66
"""Largest difference between the highest and the lowest int16 sample in silence (-60 dB)."""


_MOST_PLANES: Final = 7
"""Most planes of a planar frame that PyAV can convert. With more, PyAV reads beyond the end of its
list of planes and the process crashes; PyAV 19 refuses the frame."""


def to_array(frame: AudioFrame) -> NDArray[Any]:
    """Return a frame's samples in their stored type, shape (n, channels)."""
    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
        (frame,) = AudioResampler(frame.format.packed, frame.layout).resample(frame)
    raw = _of_64_bits(frame) if frame.format.name in {"s64", "s64p"} else frame.to_ndarray()
    return raw.T if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels)


def _of_64_bits(frame: AudioFrame) -> NDArray[np.int64]:
    """Return 64-bit integers, one row per plane; PyAV's `to_ndarray` does not support them."""
    each = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
    return np.stack([np.frombuffer(bytes(plane), np.int64, each) for plane in frame.planes])


def samples_to_float(samples: NDArray[Any]) -> FloatArray:
    """Convert samples of any type to float32, full scale -1…1; NaN and infinity become 0."""
    floats = samples.astype(np.float32)
    match samples.dtype.kind:
        case "u":  # 8 bits are stored unsigned
            return (floats - np.float32(128)) / np.float32(128)
        case "i":
            return floats / np.float32(1 << (8 * samples.dtype.itemsize - 1))
        case _:
            return np.where(np.isfinite(floats), floats, np.float32(0))


def to_channels(frames: FloatArray, channels: int) -> FloatArray:
    """Return frames with the given number of channels; input and output have shape (n, channels).

    Where the number differs, the mean of all channels goes to the first and the second is silent:
    the same voice on both channels would be transcribed twice.
    """
    if frames.shape[1] == channels:
        return frames
    mixed = np.zeros((len(frames), channels), np.float32)
    mixed[:, 0] = frames.mean(axis=1)
    return mixed


def mixed(block: Int16Array, sign: int) -> Int16Array:
    """Mix two channels, shape (2, n), to one, shape (1, n); a sign of -1 inverts the second."""
    both = block.astype(np.int32)
    mean = np.rint((both[:1] + sign * both[1:]) / 2)
    return np.clip(mean, -32768, 32767).astype(np.int16)


def in_blocks(pieces: Iterable[Int16Array]) -> Iterator[Int16Array]:
    """Regroup pieces of shape (channels, n) into blocks of 0.5 s; the last may be shorter."""
    held: list[Int16Array] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += piece.shape[1]
        if size < BLOCK_SAMPLES:
            continue
        joined = np.concatenate(held, axis=1)
        whole = size - size % BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            yield joined[:, start : start + BLOCK_SAMPLES]
        held, size = [joined[:, whole:]], size - whole
    if size:
        yield np.concatenate(held, axis=1)
