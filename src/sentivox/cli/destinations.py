"""Whether `analyze` can write where it is asked to: found out before anything loads."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from sentivox.errors import SentivoxError


def require_no_recording(
    destinations: Iterable[tuple[str, Path | None]], recordings: Sequence[Path]
) -> None:
    """Refuse to write over a recording, whatever name it is given, or over one another.

    Args:
        destinations: Options and the files that they name.
        recordings: All that are to be analysed.

    Raises:
        UsageError: One of them would be lost.
    """
    named = [(option, path, _identity(path)) for option, path in destinations if path is not None]
    heard = {identity: path for path in recordings if (identity := _identity(path)) is not None}
    for number, (option, path, identity) in enumerate(named):
        if identity in heard:
            msg = f"{option} would overwrite the recording {heard[identity]}: choose another file"
            raise click.UsageError(msg)
        for other, there, same in named[:number]:
            if os.path.realpath(path) == os.path.realpath(there) or (
                identity is not None and identity == same
            ):
                raise click.UsageError(f"{other} and {option} name the same file: choose another")


def require_folder(path: Path, option: str) -> None:
    """Make a folder for files that only their owner may read, and see that it can be written to.

    Raises:
        SentivoxError: It cannot.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SentivoxError(
            f"cannot write to {path}: {error.strerror}; choose another {option}"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SentivoxError(f"cannot write to {path}: permission denied; choose another {option}")


def _identity(path: Path) -> tuple[int, int] | None:
    """The same for all names of a file, by links or by case; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if path.is_file() else None
