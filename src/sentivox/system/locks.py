"""Locks between processes on files and folders; the system takes them back from a dead process."""

import errno
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NO_LOCKS_HERE: Final = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


def lock(descriptor: int, *, wait: bool = False) -> bool:
    """Take the lock on an open file or folder, until it is closed; False if another has it.

    Where the file system knows no locks, everybody gets it.

    Args:
        descriptor: Of the file or folder.
        wait: Until nobody else has it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise
    return True


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Generator[bool]:
    """Hold the lock on a file or folder that is there; tells whether we got it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield lock(descriptor, wait=wait)
    finally:
        os.close(descriptor)
