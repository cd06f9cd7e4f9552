"""Checks, before any model loads, that `analyze` can write its outputs where it is asked to."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from sentivox.errors import SentivoxError


def require_no_recording(
    destinations: Iterable[tuple[str, Path | None]], recordings: Sequence[Path]
) -> None:
    """Refuse outputs that would overwrite a recording or each other, even through links.

    Args:
        destinations: Pairs of an option and the file it names, if given.
        recordings: All recordings to be analysed.

    Raises:
        UsageError: An output would overwrite a recording or another output.
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
    """Create a folder that only its owner can access, and check that it is writable.

    Raises:
        SentivoxError: The folder cannot be created or written to; the message names `option`.
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
    """Device and inode of a file, the same for all its names; None if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if path.is_file() else None
