"""`--output FILE`: results that outlive the process that writes them."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from sentivox.errors import SentivoxError
from sentivox.system.locks import lock

Span = tuple[int, int]
"""Where a piece begins and ends, in bytes."""


class ResultsFile:
    """Grows by whole pieces: one that was not finished is seen at its first byte, which is 0.

    A context manager, which closes it. While it is open, no other process can have it so. What
    is no regular file, such as a pipe, takes the pieces as they come.

    Args:
        path: The file; what it holds stays until `begin`.

    Raises:
        SentivoxError: It cannot be written, or another process writes it; so do the methods.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise self._trouble(error) from error
        self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)
        if self._regular and not lock(self._file):
            os.close(self._file)
            raise SentivoxError(
                f"{path} is being written by another sentivox analyze:"
                " wait until it is done, or choose another --output"
            )

    def begin(self, kept: Sequence[Span] = ()) -> None:
        """Keep these pieces, in order; what is between and behind them goes."""
        if not self._regular:
            return
        try:
            self._end = self._close_up(kept)
            os.truncate(self._file, self._end)
        except OSError as error:
            raise self._trouble(error) from error

    def append(self, data: bytes) -> None:
        """Write bytes that hold no 0; once it returns they are with the operating system."""
        if not data:
            return
        try:
            if self._regular:
                self._put(data[1:], self._end + 1)
                self._put(data[:1], self._end)
                self._end += len(data)
            else:
                self._send(data)
        except OSError as error:
            raise self._trouble(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def _close_up(self, kept: Sequence[Span]) -> int:
        """Move the pieces together; returns where the last one ends.

        Each that was moved is followed by a 0, and begins with one until the rest of it is there:
        whatever interrupts this, what is before the 0 is whole, and the rest is done again.
        """
        at = 0
        for start, end in kept:
            if start > at:
                piece = os.pread(self._file, end - start, start)
                self._put(b"\0" + piece[1:] + b"\0", at)
                self._put(piece[:1], at)
            at += end - start
        return at

    def _put(self, data: bytes, at: int) -> None:
        while data:
            done = os.pwrite(self._file, data, at)
            data, at = data[done:], at + done

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def _trouble(self, error: OSError) -> SentivoxError:
        return SentivoxError(
            f"cannot write {self._path}: {error.strerror}; choose another --output"
        )
