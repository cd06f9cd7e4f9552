"""Append-only files that hold changes while the database is away.

Each process writes to a file of its own in a common folder, and holds its lock. What a process that
died has left is found unlocked by the next, which takes it over.
"""

import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from sentivox.errors import StoreError
from sentivox.store.records import AnyChange, decode, encode
from sentivox.system.locks import lock, locked

MOST_BYTES: Final = 256 << 20
"""Size of a spill: a day of one hundred busy streams."""

_SUFFIX: Final = ".jsonl"
_REJECTED: Final = "rejected.txt"


def default_folder(database: Path | None) -> Path:
    """Where to spill by default: beside a SQLite file, else in the user's folder for state."""
    if database is not None:
        return database.with_name(f"{database.name}.spill")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "sentivox" / "spill"


class Spill:
    """The file of this process.

    Its methods block, so call them in a thread; several may be called at a time.

    Args:
        folder: Folder of all such files, created when needed.
        most_bytes: Size from which `full` is true.

    Attributes:
        path: The file; there only when something was written.
        size: Bytes in the file.

    Raises:
        StoreError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.size = 0
        self._folder = folder
        self._most = most_bytes
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._read = 0  # bytes that are in the database already
        self._descriptor: int | None = None
        self._turn = threading.RLock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StoreError(f"{folder} cannot be written to; name another with --store-spill")

    @property
    def empty(self) -> bool:
        """Whether nothing waits in the file."""
        return self._read >= self.size

    @property
    def full(self) -> bool:
        """Whether the file has reached its size."""
        return self.size >= self._most

    def append(self, changes: Iterable[AnyChange]) -> None:
        """Write changes to the disk.

        Raises:
            OSError: They could not be written, and the file is as before.
        """
        data = b"".join(encode(change) + b"\n" for change in changes)
        with self._turn:
            descriptor = self._open()
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, self.size)
                raise
            self.size += len(data)

    def peek(self, most: int) -> tuple[list[AnyChange], int]:
        """The next changes, at most so many, and the position after them for `advance`."""
        with self._turn, self.path.open("rb") as file:
            file.seek(self._read)
            found = [decode(line) for _, line in zip(range(most), file, strict=False)]
            return found, file.tell()

    def advance(self, position: int) -> None:
        """Note that everything before this position is in the database."""
        with self._turn:
            self._read = position
            if self.empty:
                os.ftruncate(self._open(), 0)
                self.size = self._read = 0

    def reject(self, change: AnyChange, why: str) -> None:
        """Keep a change that the database does not take in a file for a person to look at."""
        path = self._folder / _REJECTED
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(why.encode() + b"\n" + encode(change) + b"\n")

    def adopt(self) -> int:
        """Append what dead processes have left, and remove their files; returns their number."""
        adopted = 0
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path == self.path:
                continue
            with locked(path) as ours:
                if ours:
                    self.append(_lines(path))
                    path.unlink()
                    adopted += 1
        return adopted

    def close(self) -> None:
        """Close the file, and remove it if nothing waits in it."""
        with self._turn:
            if self._descriptor is None:
                return
            if self.empty:
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            flags = os.O_CREAT | os.O_APPEND | os.O_RDWR
            self._descriptor = os.open(self.path, flags, 0o600)
            lock(self._descriptor)
        return self._descriptor


def _lines(path: Path) -> Iterator[AnyChange]:
    """The changes in a file; the last line may have been cut off when its process died."""
    with path.open("rb") as file:
        for line in file:
            try:
                yield decode(line)
            except msgspec.DecodeError:
                return
