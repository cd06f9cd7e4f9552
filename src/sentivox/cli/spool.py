"""Recordings that are no files: standard input, pipes. They are kept in a file while in use."""

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
"""What stands for standard input among the names of files."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a recording comes from.

    Attributes:
        given: What the user called it.
        path: Where it can be read, as often as needed.
    """

    given: Path
    path: Path

    def told(self, message: str) -> str:
        """A message about the file that can be read, with the name that the user knows."""
        return message.replace(str(self.path), str(self.given))


class Spool:
    """Makes a file of what can be read only once; see `spool`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def take(self, path: Path) -> Source:
        """A file is taken as it is; "-" and pipes are read to their end first.

        Raises:
            AudioError: It cannot be read, or there is no room for it.
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
        return Source(path, path)

    def _keep(self, path: Path, source: BinaryIO) -> Source:
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
        return Source(path, kept)


@contextmanager
def spool() -> Generator[Spool]:
    """A place for recordings that are no files, gone again afterwards."""
    try:
        folder = TemporaryDirectory(prefix="sentivox-", ignore_cleanup_errors=True)
    except OSError as error:
        raise AudioError(f"there is no folder for temporary files: {error.strerror}") from error
    with folder as name:
        yield Spool(Path(name))
