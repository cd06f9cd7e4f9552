"""Locks between processes on files and folders, which the system releases if a process dies."""

import errno
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NO_LOCKS_HERE: Final = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


def lock(descriptor: int, *, wait: bool = False) -> bool:
    """Lock an open file or folder until it is closed.

    On a file system without locks, every caller succeeds.

    Args:
        descriptor: Descriptor of the file or folder.
        wait: Wait until the lock is free.

    Returns:
        Whether the lock was obtained; False if another process holds it.

    Raises:
        OSError: the lock fails for another reason.
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
    """Hold the lock on an existing file or folder; yield whether it was obtained."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield lock(descriptor, wait=wait)
    finally:
        os.close(descriptor)
