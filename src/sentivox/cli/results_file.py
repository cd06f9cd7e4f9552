"""`--output FILE`: results that outlive the process that writes them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from sentivox.errors import SentivoxError

Span = tuple[int, int]
"""Where a piece begins and ends, in bytes."""


class ResultsFile:
    """Grows by whole pieces: one that was not finished is seen at its first byte, which is 0.

    A context manager, which closes it.

    Args:
        path: The file.
        kept: The pieces of it that stay, in order; what is between and behind them goes.

    Raises:
        SentivoxError: It cannot be written; so does `append`.
    """

    def __init__(self, path: Path, kept: Sequence[Span] = ()) -> None:
        self._path = path
        try:
            self._file = path.open("r+b" if kept else "wb")
        except OSError as error:
            raise self._trouble(error) from error
        try:
            end = self._close_up(kept)
            self._file.truncate(end)
            self._file.seek(end)
        except OSError as error:
            self._file.close()
            raise self._trouble(error) from error

    def _close_up(self, kept: Sequence[Span]) -> int:
        """Move the pieces together; returns where the last one ends.

        Each that was moved is followed by a 0, and begins with one until the rest of it is there:
        whatever interrupts this, what is before the 0 is whole, and the rest is done again.
        """
        at = 0
        for start, end in kept:
            if start > at:
                self._file.seek(start)
                piece = self._file.read(end - start)
                self._put(b"\0" + piece[1:] + b"\0", at)
                self._put(piece[:1], at)
            at += end - start
        return at

    def _put(self, data: bytes, at: int) -> None:
        self._file.seek(at)
        self._file.write(data)
        self._file.flush()

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
