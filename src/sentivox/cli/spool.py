"""Copies recordings from standard input and pipes to temporary files, to be read repeatedly."""

import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from sentivox.errors import AudioError

STDIN: Final = Path("-")
"""The file name that means standard input."""


@dataclass(frozen=True, slots=True)
class SpooledRecording:
    """A recording's name and file.

    Attributes:
        given: The path as the user gave it.
        path: The file to read, which may be a temporary copy.
    """

    given: Path
    path: Path

    def told(self, message: str) -> str:
        """Replace the path of the file in a message with the name that the user gave."""
        return message.replace(str(self.path), str(self.given))


class Spool:
    """Copies input that can be read only once to files in a folder; see `spool`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def take(self, path: Path) -> SpooledRecording:
        """Return the recording at `path`; "-" and pipes are first read to their end and copied.

        Raises:
            AudioError: The input cannot be read or copied.
        """
        try:
            if path == STDIN:
                if os.isatty(0):
                    raise AudioError("- is standard input: pipe a recording into it")
                with os.fdopen(os.dup(0), "rb") as source:
                    return self._keep(path, source)
            if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
                with path.open("rb") as source:
                    return self._keep(path, source)
        except OSError as error:
            raise AudioError(f"{path} cannot be read: {error.strerror}") from error
        return SpooledRecording(path, path)

    def _keep(self, path: Path, source: BinaryIO) -> SpooledRecording:
        self._count += 1
        kept = self._folder / str(self._count)
        try:
            with kept.open("wb") as file:
                shutil.copyfileobj(source, file)
        except OSError as error:
            kept.unlink(missing_ok=True)
            raise AudioError(
                f"{path} cannot be kept in {self._folder.parent}: {error.strerror};"
                " make room, or set TMPDIR to another folder"
            ) from error
        return SpooledRecording(path, kept)


@contextmanager
def spool() -> Generator[Spool]:
    """A `Spool` in a temporary folder, which is deleted when the context ends.

    Raises:
        AudioError: The folder cannot be created.
    """
    try:
        folder = TemporaryDirectory(prefix="sentivox-", ignore_cleanup_errors=True)
    except OSError as error:
        raise AudioError(f"there is no folder for temporary files: {error.strerror}") from error
    with folder as name:
        yield Spool(Path(name))
