"""A recording as a program may have it: a path, the bytes of a file, an open file, or samples.

All but a path go to a temporary file, so that there is one way to decode a recording.
"""

import os
import struct
import tempfile
import wave
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from numpy.typing import ArrayLike

from sentivox.audio.arrays import samples_of, write_samples
from sentivox.audio.files import AudioFile
from sentivox.audio.protocol import Recording
from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import Wanted
from sentivox.errors import AudioError
from sentivox.system.usage import require
from sentivox.types import Int16Array

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | ArrayLike
"""A path; a whole file as bytes or open for reading; samples of shape (n,) or (channels, n), in
anything that NumPy makes an array of."""

ARRAY, BYTES, FILE = NAMES = ("<array>", "<bytes>", "<file>")
"""What recordings are called that have no name."""

_PIECE: Final = 1 << 20


class Given:
    """A `Recording` that was no file of the user's; called by a name, such as ``<bytes>``.

    The temporary file goes when nobody holds this any more.

    Args:
        place: The temporary file.
        name: What to call it.
        mixdown: Mix two channels into one.
        track: Which audio track: see `AudioFile`.

    Raises:
        AudioError: It is not audio.
    """

    def __init__(self, place: Path, name: str, *, mixdown: bool, track: Wanted) -> None:
        self.path = Path(name)
        self._place = place
        weakref.finalize(self, place.unlink, missing_ok=True)
        try:
            self._file = AudioFile(place, mixdown=mixdown, track=track)
        except AudioError as error:
            raise AudioError(self._called(str(error))) from None

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self._file.channels

    @property
    def duration(self) -> float | None:
        """Seconds as the file declares or suggests, or None; the samples decide."""
        return self._file.duration

    @property
    def track(self) -> Wanted:
        """The audio track that was asked for, if any."""
        return self._file.track

    @property
    def notes(self) -> tuple[str, ...]:
        """A line each on what was done to the audio or left out; complete once iterated."""
        return tuple(self._called(note) for note in self._file.notes)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Known once iterated: where silence stands for what is missing."""
        return self._file.gaps

    @property
    def truncated(self) -> bool:
        """Known once iterated: it ends too early or is damaged."""
        return self._file.truncated

    def __iter__(self) -> Iterator[Int16Array]:
        """Blocks of shape (channels, n) at 16 kHz."""
        try:
            yield from self._file
        except AudioError as error:
            raise AudioError(self._called(str(error))) from None

    def _called(self, line: str) -> str:
        return line.replace(str(self._place), str(self.path))


def recording(
    source: Source,
    *,
    sample_rate: int | None = None,
    mixdown: bool = False,
    track: Wanted = None,
) -> Recording:
    """A recording, from whatever holds it.

    Args:
        source: See `Source`. Float samples lie in -1…1, integers are int16.
        sample_rate: Hz; of samples, and of nothing else.
        mixdown: Mix two channels into one.
        track: Which audio track of a file: see `AudioFile`.

    Raises:
        AudioError: There is no audio in it, or the samples are of a kind, shape or rate that
            cannot be.
    """
    require("mixdown", mixdown, bool, "True or False")
    data = file_bytes(source)
    if data is None and not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
        pcm, rate = samples_of(source, sample_rate)
        return Given(
            _kept(lambda file: write_samples(file, pcm, rate)), ARRAY, mixdown=mixdown, track=track
        )
    if sample_rate is not None:
        raise AudioError(
            "sample_rate is for arrays, and a file tells its own: leave it out"
            " (raw bytes become an array by np.frombuffer(data, np.int16))."
        )
    if isinstance(source, str | os.PathLike):
        return AudioFile(Path(source), mixdown=mixdown, track=track)
    if data is not None:
        return Given(_kept(lambda file: file.write(data)), BYTES, mixdown=mixdown, track=track)
    opened = cast("BinaryIO", source)
    name: object = getattr(opened, "name", None)
    place = _kept(lambda file: _copy(opened, file))
    called = name if isinstance(name, str) and name else FILE
    return Given(place, called, mixdown=mixdown, track=track)


def file_bytes(data: object) -> "bytes | bytearray | memoryview[int] | None":
    """`data`, if it is plain bytes; a memoryview of anything else holds samples."""
    if isinstance(data, memoryview):
        view = cast("memoryview[int]", data)
        return view if view.format == "B" and view.c_contiguous else None
    return data if isinstance(data, bytes | bytearray) else None


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    while piece := source.read(_PIECE):
        if isinstance(cast("object", piece), str):
            raise AudioError('A recording is not text: open it in binary mode, open(path, "rb").')
        target.write(piece)


def _kept(fill: Callable[[BinaryIO], object]) -> Path:
    """A temporary file, filled.

    Raises:
        AudioError: There is no room for it, or it is too long.
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
        if isinstance(error, OSError):
            raise AudioError(
                f"The recording cannot be kept in {tempfile.gettempdir()}: {error.strerror}."
            ) from error
        if isinstance(error, struct.error | wave.Error):  # more than 4 GiB
            raise AudioError("The array is too long: write it to a file, or cut it.") from error
        raise
    return path
