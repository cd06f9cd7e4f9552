"""Open a recording given as a path, a file's bytes, an open file, samples, or pieces of these.

Everything but a path is written to a temporary file, so that there is one way to decode it.
"""

import os
import struct
import tempfile
import wave
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from numpy.typing import ArrayLike

from sentivox.audio.arrays import int16_samples, write_samples
from sentivox.audio.files import AudioFile
from sentivox.audio.pieces import SourceFailed, pieces_of, read_pieces, write_file, write_pcm
from sentivox.audio.protocol import Recording
from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import TrackRequest
from sentivox.errors import AudioError
from sentivox.system.usage import require
from sentivox.types import FloatArray, Int16Array

Source = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryIO
    | ArrayLike
    | Iterable[bytes]
    | Iterable[Int16Array]
    | Iterable[FloatArray]
)
"""A path; a whole file, as bytes, opened in binary mode or in pieces of bytes; or samples of shape
(n,) or (channels, n), in anything that NumPy makes an array of, or in pieces: arrays, or bytes of
16-bit samples of one channel."""

ARRAY, BYTES, FILE = NAMES = ("<array>", "<bytes>", "<file>")
"""Names of recordings that have none."""


class Given:
    """A `Recording` in a temporary file, reported under a name such as ``<bytes>``.

    The file is deleted when this object is garbage-collected.

    Args:
        place: The temporary file.
        name: Stands for the file in `path` and in messages.
        mixdown: Mix two channels into one.
        track: Which audio track: see `AudioFile`.

    Raises:
        AudioError: It is not audio.
    """

    def __init__(self, place: Path, name: str, *, mixdown: bool, track: TrackRequest) -> None:
        self.path = Path(name)
        self._place = place
        weakref.finalize(self, place.unlink, missing_ok=True)
        try:
            self._file = AudioFile(place, mixdown=mixdown, track=track)
        except AudioError as error:
            raise AudioError(self._called(str(error))) from None

    @property
    def channels(self) -> int:
        """Number of channels: 1 or 2."""
        return self._file.channels

    @property
    def duration(self) -> float | None:
        """Seconds as the file declares, or None. An estimate: only decoding is exact."""
        return self._file.duration

    @property
    def track(self) -> TrackRequest:
        """The audio track that was asked for, or None for the best one."""
        return self._file.track

    @property
    def notes(self) -> tuple[str, ...]:
        """One line each on what was changed or left out; complete after iterating."""
        return tuple(self._called(note) for note in self._file.notes)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where silence stands in for missing audio; complete after iterating."""
        return self._file.gaps

    @property
    def truncated(self) -> bool:
        """Whether the audio ends early or is damaged; known after iterating."""
        return self._file.truncated

    def __iter__(self) -> Iterator[Int16Array]:
        """Yield blocks of shape (channels, n) at 16 kHz, as `AudioFile` does."""
        try:
            yield from self._file
        except AudioError as error:
            raise AudioError(self._called(str(error))) from None

    def _called(self, line: str) -> str:
        """Replace the temporary file's path in a message by the recording's name."""
        return line.replace(str(self._place), str(self.path))


def recording(
    source: Source,
    *,
    sample_rate: int | None = None,
    mixdown: bool = False,
    track: TrackRequest = None,
) -> Recording:
    """Open a recording.

    Args:
        source: See `Source`. Samples are floats in -1…1, or int16.
        sample_rate: Hz. Required for samples, and not allowed for anything else.
        mixdown: Mix two channels into one.
        track: Which audio track of a file: see `AudioFile`.

    Returns:
        The recording; nothing is decoded yet.

    Raises:
        AudioError: `source` holds no audio, or samples of an unsupported type, shape or rate.
        UsageError: `mixdown` is not a bool.
    """
    require("mixdown", mixdown, bool, "True or False")
    data = file_bytes(source)
    named = isinstance(source, str | os.PathLike)
    opened = not named and hasattr(source, "read")
    pieces = None if named or opened or data is not None else pieces_of(source)
    if pieces is not None and sample_rate is not None:
        rate = sample_rate
        place = _kept(lambda file: write_pcm(file, pieces, rate))
        return Given(place, ARRAY, mixdown=mixdown, track=track)
    if data is None and pieces is None and not named and not opened:
        pcm, rate = int16_samples(source, sample_rate)
        return Given(
            _kept(lambda file: write_samples(file, pcm, rate)), ARRAY, mixdown=mixdown, track=track
        )
    if sample_rate is not None:
        raise AudioError(
            "sample_rate is for arrays only, because a file states its own: leave it out"
            " (raw bytes become an array by np.frombuffer(data, np.int16))."
        )
    if isinstance(source, str | os.PathLike):
        return AudioFile(Path(source), mixdown=mixdown, track=track)
    if data is not None:
        return Given(_kept(lambda file: file.write(data)), BYTES, mixdown=mixdown, track=track)
    if pieces is not None:
        place = _kept(lambda file: write_file(file, pieces))
        return Given(place, BYTES, mixdown=mixdown, track=track)
    reads = read_pieces(cast("BinaryIO", source))
    name: object = getattr(source, "name", None)
    place = _kept(lambda file: write_file(file, reads))
    called = name if isinstance(name, str) and name else FILE
    return Given(place, called, mixdown=mixdown, track=track)


def file_bytes(data: object) -> "bytes | bytearray | memoryview[int] | None":
    """Return `data` if it is plain bytes, else None; other memoryviews hold samples."""
    if isinstance(data, memoryview):
        view = cast("memoryview[int]", data)
        return view if view.format == "B" and view.c_contiguous else None
    return data if isinstance(data, bytes | bytearray) else None


def _kept(fill: Callable[[BinaryIO], object]) -> Path:
    """Create a temporary file, have `fill` write it, and return its path.

    Raises:
        AudioError: The file cannot be written, or the samples exceed the 4 GiB of a WAV file.
    """
    path: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix="sentivox-")
        path = Path(name)
        with os.fdopen(handle, "wb") as file:
            fill(file)
    except BaseException as error:
        if path is not None:
            path.unlink(missing_ok=True)
        if isinstance(error, SourceFailed):
            raise error.error from None
        if isinstance(error, OSError):
            raise AudioError(
                f"The recording cannot be kept in {tempfile.gettempdir()}: {error.strerror}."
            ) from error
        if isinstance(error, struct.error | wave.Error):  # more than 4 GiB
            raise AudioError("The array is too long: write it to a file, or cut it.") from error
        raise
    return path
