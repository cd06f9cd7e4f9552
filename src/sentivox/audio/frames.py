"""Convert what a program feeds to a live stream into bytes in the stream's format."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import AudioError

Frames = bytes | bytearray | memoryview | NDArray[Any]
"""Bytes, or samples in the stream's encoding, interleaved or of shape (channels, n)."""

_HOLDS: Final = {"linear16": "i2", "linear32f": "f4", "mulaw": "u1", "alaw": "u1"}
"""Array type of each encoding, without the byte order."""


def raw_bytes(data: Frames, audio: AudioFormat) -> bytes:
    """Return the next frames as bytes in the stream's format.

    Args:
        data: See `Frames`. Float arrays of any width become float32 on a "linear32f" stream.
        audio: The format that the stream was opened with.

    Raises:
        AudioError: `data` is neither bytes nor an array, or an array whose sample type or shape
            does not fit the stream.
    """
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    samples = np.asarray(data) if isinstance(data, memoryview) else data
    if not isinstance(samples, np.ndarray):
        raise AudioError(f"feed takes bytes or an array of samples, not {type(data).__name__}.")
    if isinstance(data, memoryview) and samples.dtype == np.uint8:
        return samples.tobytes()  # plain bytes, already in the stream's format
    return _interleaved(_encoded(samples, audio), audio.channels).tobytes()


def _encoded(samples: NDArray[Any], audio: AudioFormat) -> NDArray[Any]:
    """Return the samples little-endian in the stream's type, or refuse their type."""
    kind, wanted = samples.dtype.kind, _HOLDS[audio.encoding]
    if f"{kind}{samples.dtype.itemsize}" == wanted or (kind, wanted) == ("f", "f4"):
        return samples.astype(f"<{wanted}")
    if kind == "f":
        do = 'open it with encoding="linear32f", or feed (samples * 32767).astype(np.int16)'
    elif samples.dtype == np.int16:
        do = 'open it with encoding="linear16"'
    else:
        do = f"convert them to {np.dtype(wanted).name}"
    raise AudioError(f"{samples.dtype} samples on a stream of {audio.encoding}: {do}.")


def _interleaved(samples: NDArray[Any], channels: int) -> NDArray[Any]:
    """Return samples of shape (n,) or (channels, n) in frame order."""
    if samples.ndim == 1:
        return samples
    if samples.ndim != 2 or samples.shape[0] != channels:
        raise AudioError(
            f"Samples of shape {samples.shape} must be interleaved, or of shape ({channels}, n)."
        )
    return samples.T
