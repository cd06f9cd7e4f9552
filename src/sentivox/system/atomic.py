"""Write files atomically: readers find the old content or the new, never half of it."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_NOT_TO_BE_REPLACED: Final = {errno.EACCES, errno.EPERM, errno.EBUSY}
"""Errors for a file that may be written to, in a folder where no file may be made or moved."""


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file under a temporary name beside its place, and move it there.

    A link is followed, and an existing file keeps its permissions. Anything but a regular file,
    such as /dev/stdout or a pipe, is written to directly. So is a file that may be written to but
    not replaced, such as one that is mounted into a container.

    Args:
        path: The file.
        data: Its new content.
        mode: Permissions of a new file; by default those that the umask leaves.

    Raises:
        OSError: It cannot be written. The old content is kept, unless it was written to directly.
    """
    before = _status(path)
    if before is not None and not stat.S_ISREG(before.st_mode):
        path.write_bytes(data)
        return
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    target = Path(os.path.realpath(path))
    part = target.with_name(f".sentivox-{secrets.token_hex(8)}.part")
    try:
        _write_new(part, data, before, mode)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if before is None or error.errno not in _NOT_TO_BE_REPLACED:
            raise
        target.write_bytes(data)


def require_writable(path: Path) -> None:
    """Check before long work that `write_whole` can write to a path.

    Raises:
        OSError: It cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    folder = Path(os.path.realpath(path)).parent
    if not path.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"there is no folder {folder}", str(path))
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _status(path: Path) -> os.stat_result | None:
    """The status of a file, or None if there is none."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _write_new(part: Path, data: bytes, before: os.stat_result | None, mode: int | None) -> None:
    """Create a file with the permissions and owner of the one that it will replace, if any."""
    created = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    with os.fdopen(created, "wb") as file:
        if before is not None:
            os.fchmod(created, stat.S_IMODE(before.st_mode))
            with suppress(OSError):  # only root may change the owner
                os.fchown(created, before.st_uid, before.st_gid)
        file.write(data)
