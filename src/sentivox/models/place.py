"""Where a model's files go on this machine: a folder of its own, or the Hugging Face cache.

A file is written under a name of its own beside its place and moved there whole, so whoever
looks sees all of it or nothing.
"""

import contextlib
import fcntl
import logging
import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_log = logging.getLogger(__name__)


class Place(Protocol):
    """One model's place."""

    @property
    def home(self) -> Path:
        """The folder that holds everything of this model."""
        ...

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:
        """Move a whole file to its place; returns the folder that `path` is relative to."""
        ...


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A plain folder, as SENTIVOX_MODELS_DIR holds one for each model."""

    home: Path

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:  # noqa: ARG002
        """Move a whole file to its place; returns the folder that `path` is relative to."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        return self.home


@dataclass(frozen=True, slots=True)
class CachePlace:
    """A repository in the Hugging Face cache, laid out as `huggingface_hub` does it.

    `blobs/ETAG` holds the bytes, `snapshots/COMMIT/PATH` links to them, `refs/NAME` names the
    commit of a branch (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
    """

    home: Path
    revision: str

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:
        """Move a whole file to its place; returns the folder that `path` is relative to."""
        root = self.home / "snapshots" / commit
        blob, pointer = self.home / "blobs" / etag, root / path
        blob.parent.mkdir(parents=True, exist_ok=True)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        part.replace(blob)
        try:
            link = pointer.with_name(f"{pointer.name}.{os.getpid()}")
            link.symlink_to(os.path.relpath(blob, pointer.parent))
            link.replace(pointer)
        except OSError:  # a file system without links
            blob.replace(pointer)
        if self.revision != commit:
            ref = self.home / "refs" / self.revision
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(commit)
        return root


def parts(place: Place) -> Path:
    """The folder of files that are on their way."""
    return place.home / ".sentivox-parts"


def clear(place: Place) -> None:
    """Forget files that are on their way: all have come, or none will fit."""
    shutil.rmtree(parts(place), ignore_errors=True)


@contextlib.contextmanager
def alone(place: Place, what: str) -> Generator[None]:
    """Only one process at a time pulls a model to a place; the next one waits."""
    place.home.mkdir(parents=True, exist_ok=True)
    with (place.home / ".sentivox-lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.warning("%s: another pull of it is under way; waiting for it", what)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file, or dying, gives the lock back
