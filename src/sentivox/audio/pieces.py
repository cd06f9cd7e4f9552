"""Write a recording that comes in pieces, such as from a generator, into a file of its own."""

import wave
from collections.abc import AsyncIterable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Any, BinaryIO, Final, cast

import numpy as np

from sentivox.audio.arrays import int16_samples
from sentivox.audio.signatures import MAX_SNIFFED_BYTES, identify
from sentivox.errors import AudioError
from sentivox.types import Int16Array

_READ: Final = 1 << 20  # bytes read from a file at a time


class SourceFailed(Exception):  # noqa: N818  (reads as what happened)
    """Wraps what the source of the pieces raised, to tell it from errors of the target.

    Attributes:
        error: What it raised.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def pieces_of(source: object) -> Iterable[object] | None:
    """Return `source` if it gives a recording in pieces, None if it is something else.

    Generators, iterators and other iterables do, and lists of bytes; other sequences, and whatever
    NumPy makes an array of, hold samples.

    Raises:
        AudioError: `source` is an async iterator.
    """
    if isinstance(source, AsyncIterable):
        raise AudioError(
            "An async iterator is live audio: use Analyzer.listen(), or collect its pieces first."
        )
    if isinstance(source, list | tuple):
        listed = cast("Sequence[object]", source)
        return listed if listed and all(_is_bytes(piece) for piece in listed) else None
    if isinstance(source, str | bytes | bytearray | memoryview | Sequence | Mapping | Set):
        return None
    if hasattr(source, "__array__") or hasattr(source, "__array_interface__"):
        return None
    return cast("Iterable[object]", source) if isinstance(source, Iterable) else None


def read_pieces(file: BinaryIO) -> Iterator[object]:
    """Return the rest of an open file in pieces.

    Raises:
        AudioError: The file is closed, or cannot be read from.
    """
    if getattr(file, "closed", False) is True:
        raise AudioError("This file is closed: analyse it within its `with` block.")
    if hasattr(file, "readable") and not file.readable():
        raise AudioError('This file is open for writing only: open it with open(path, "rb").')

    def reads() -> Generator[object]:
        while piece := file.read(_READ):
            yield piece

    return reads()


def write_file(target: BinaryIO, pieces: Iterable[object]) -> None:
    """Write the bytes of a file that comes in pieces.

    Raises:
        AudioError: A piece is not bytes.
        SourceFailed: The source raised an exception.
    """
    for piece in _guarded(pieces):
        if isinstance(piece, str):
            raise AudioError('A recording is not text: open it in binary mode, open(path, "rb").')
        if not _is_bytes(piece):
            if hasattr(piece, "__array__"):
                raise AudioError("Arrays do not say their rate: name it, as in sample_rate=16000.")
            raise AudioError(f"A piece of a file must be bytes, not {type(piece).__name__}.")
        target.write(cast("bytes", piece))


def write_pcm(target: BinaryIO, pieces: Iterable[object], sample_rate: int) -> None:
    """Write samples that come in pieces as a 16-bit WAV file.

    Args:
        target: The file.
        pieces: Arrays as `int16_samples` takes them, all with as many channels; or bytes of 16-bit
            little-endian samples of one channel, cut anywhere.
        sample_rate: Hz.

    Raises:
        AudioError: A piece is neither, there are none, or the rate is not supported.
        SourceFailed: The source raised an exception.
    """
    arrays = _arrays(_guarded(pieces), sample_rate)
    first, rate = next(arrays, (None, 0))
    if first is None:
        raise AudioError("There are no samples: the source ended before the first one.")
    with wave.open(target, "wb") as out:
        out.setnchannels(len(first))
        out.setsampwidth(2)
        out.setframerate(rate)
        for pcm, _ in chain([(first, rate)], arrays):
            if len(pcm) != len(first):
                raise AudioError(f"A piece has {len(pcm)} channels, after {len(first)} before.")
            out.writeframes(pcm.T.astype("<i2").tobytes())


def _arrays(pieces: Iterable[object], sample_rate: int) -> Iterator[tuple[Int16Array, int]]:
    """Convert each piece to samples of shape (channels, n), with their rate in Hz."""
    rest = head = b""
    for piece in pieces:
        if _is_bytes(piece):
            if len(head) < MAX_SNIFFED_BYTES:
                head += bytes(cast("bytes", piece))[:MAX_SNIFFED_BYTES]
                _require_raw(head)
            data = rest + bytes(cast("bytes", piece))
            rest = data[len(data) // 2 * 2 :]
            samples: Any = np.frombuffer(data, "<i2", len(data) // 2)
        elif hasattr(piece, "__array__"):
            samples = piece
        else:
            kind = type(piece).__name__
            raise AudioError(f"A piece of audio must be bytes or an array of samples, not {kind}.")
        if np.size(samples):
            yield int16_samples(samples, sample_rate)


def _require_raw(head: bytes) -> None:
    """Refuse a file, whose header would be taken for samples."""
    name = "WAV" if head.startswith(b"RIFF") else identify(head)
    if name:
        raise AudioError(
            f"These pieces are a file ({name}), which states its own rate: leave sample_rate out."
        )


def _guarded(pieces: Iterable[object]) -> Iterator[object]:
    try:
        yield from pieces
    except Exception as error:
        raise SourceFailed(error) from error


def _is_bytes(piece: object) -> bool:
    return isinstance(piece, bytes | bytearray | memoryview)
