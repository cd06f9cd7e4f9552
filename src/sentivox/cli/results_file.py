"""`--output FILE`: results that outlive the process that writes them."""

import os
from pathlib import Path
from typing import Self

from sentivox.errors import SentivoxError


class ResultsFile:
    """Grows by whole pieces: one that was not finished is seen at its first byte, which is 0.

    A context manager, which closes it.

    Args:
        path: The file.
        kept: So many bytes of it stay; what follows them is cut off.

    Raises:
        SentivoxError: It cannot be written; so does `append`.
    """

    def __init__(self, path: Path, kept: int = 0) -> None:
        self._path = path
        try:
            self._file = path.open("r+b" if kept else "wb")
            self._file.truncate(kept)
            self._file.seek(kept)
        except OSError as error:
            raise self._trouble(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, data: bytes) -> None:
        """Write bytes that hold no 0; once it returns they are with the operating system."""
        if not data:
            return
        try:
            at = self._file.tell()
            self._file.seek(at + 1)
            self._file.write(data[1:])
            self._file.flush()
            self._file.seek(at)
            self._file.write(data[:1])
            self._file.flush()
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> SentivoxError:
        return SentivoxError(
            f"cannot write {self._path}: {error.strerror}; choose another --output"
        )
