"""The file of `analyze --output`, written so that a crash never leaves a partial result."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from sentivox.errors import SentivoxError
from sentivox.system.locks import lock

ByteRange = tuple[int, int]
"""Start and end of a piece of the file, in bytes."""


class ResultsFile:
    """A file that is appended to in complete pieces, such as a recording's result.

    The first byte of a piece is written last, so an unfinished piece begins with a 0 byte. The
    file is locked against other processes while open. A file that is not regular, such as a pipe,
    is simply written to. A context manager, which closes the file.

    Args:
        path: Path of the file; its content is kept until `begin`.

    Raises:
        SentivoxError: The file cannot be written, or another process is writing it. The methods
            raise it too.
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

    def begin(self, kept: Sequence[ByteRange] = ()) -> None:
        """Keep these pieces, in order, and remove everything else from the file."""
        if not self._regular:
            return
        try:
            self._end = self._close_up(kept)
            os.truncate(self._file, self._end)
        except OSError as error:
            raise self._trouble(error) from error

    def append(self, data: bytes) -> None:
        """Append a piece, which must not contain 0 bytes; it survives a crash of this process."""
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

    def _close_up(self, kept: Sequence[ByteRange]) -> int:
        """Move the pieces together at the start of the file; returns where the last one ends.

        A moved piece is followed by a 0 byte, and begins with one until the rest of it is written.
        If this is interrupted, everything before the first 0 is complete, and the rest is
        analysed again.
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
