"""What FFmpeg decodes, of any sample type and number of channels, as float or int16 arrays."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

BLOCK: Final = SAMPLE_RATE // 2

QUIET: Final = 66
"""Of 65536 from the lowest sample to the highest: no more than that is silence (-60 dB)."""


_MOST_PLANES: Final = 7
"""Of a planar frame. PyAV looks for the end of a longer list of them beyond it, and the process
dies; PyAV 19 refuses such a frame."""


def to_array(frame: AudioFrame) -> NDArray[Any]:
    """A frame's samples as they were stored, shape (n, channels)."""
    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
        (frame,) = AudioResampler(frame.format.packed, frame.layout).resample(frame)
    raw = _of_64_bits(frame) if frame.format.name in {"s64", "s64p"} else frame.to_ndarray()
    return raw.T if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels)


def _of_64_bits(frame: AudioFrame) -> NDArray[np.int64]:
    """What PyAV's `to_ndarray`, which knows no 64-bit integers, would give: a row a plane."""
    each = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
    return np.stack([np.frombuffer(bytes(plane), np.int64, each) for plane in frame.planes])


def to_float(samples: NDArray[Any]) -> FloatArray:
    """Samples of any type as float32, full scale -1…1."""
    floats = samples.astype(np.float32)
    match samples.dtype.kind:
        case "u":  # 8 bits are stored unsigned
            return (floats - np.float32(128)) / np.float32(128)
        case "i":
            return floats / np.float32(1 << (8 * samples.dtype.itemsize - 1))
        case _:
            return np.where(np.isfinite(floats), floats, np.float32(0))


def to_channels(frames: FloatArray, channels: int) -> FloatArray:
    """As many channels as wanted, shape (n, channels).

    Of another number the mean is taken, each counting alike. It goes to the first channel, and
    the second is silent: one voice on two channels would be heard twice.
    """
    if frames.shape[1] == channels:
        return frames
    mixed = np.zeros((len(frames), channels), np.float32)
    mixed[:, 0] = frames.mean(axis=1)
    return mixed


def mixed(block: Int16Array, sign: int) -> Int16Array:
    """Two channels, shape (2, n), as one, shape (1, n): the second is turned over if sign is -1."""
    both = block.astype(np.int32)
    mean = np.rint((both[:1] + sign * both[1:]) / 2)
    return np.clip(mean, -32768, 32767).astype(np.int16)


def in_blocks(pieces: Iterable[Int16Array]) -> Iterator[Int16Array]:
    """Pieces of shape (channels, n) in blocks of 0.5 s; the last is shorter."""
    held: list[Int16Array] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += piece.shape[1]
        if size < BLOCK:
            continue
        joined = np.concatenate(held, axis=1)
        whole = size - size % BLOCK
        for start in range(0, whole, BLOCK):
            yield joined[:, start : start + BLOCK]
        held, size = [joined[:, whole:]], size - whole
    if size:
        yield np.concatenate(held, axis=1)
