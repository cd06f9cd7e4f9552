"""Where a model's files are stored on this machine: in a folder or in the Hugging Face cache.

A file is written under a temporary name near its place and moved there when it is complete, so
readers see all of it or nothing.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sentivox.system.locks import lock

_log = logging.getLogger(__name__)


class Place(Protocol):
    """Where the files of one model are stored."""

    @property
    def home(self) -> Path:
        """The folder that holds everything of this model."""
        ...

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:
        """Move a complete file to its place.

        Args:
            part: The file.
            path: Its path in the model's repository.
            commit: The commit of the repository.
            etag: The hub's ETag of the file, which names it in a cache.

        Returns:
            The folder that `path` is relative to.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A plain folder, as SENTIVOX_MODELS_DIR holds one for each model."""

    home: Path

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:  # noqa: ARG002
        """Move a complete file to its place; return the folder that `path` is relative to."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        return self.home


@dataclass(frozen=True, slots=True)
class CachePlace:
    """A repository in the Hugging Face cache, in the layout of `huggingface_hub`.

    `blobs/ETAG` holds the bytes, `snapshots/COMMIT/PATH` links to them, `refs/NAME` names the
    commit of a branch (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
    """

    home: Path
    revision: str

    def settle(self, part: Path, path: str, *, commit: str, etag: str) -> Path:
        """Move a complete file to its place; return the folder that `path` is relative to."""
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


def partial_files(place: Place) -> Path:
    """The folder for files that are not complete yet."""
    return place.home / ".sentivox-parts"


def delete_partial_files(place: Place) -> None:
    """Delete incomplete files, once all have arrived or none will fit."""
    shutil.rmtree(partial_files(place), ignore_errors=True)


@contextlib.contextmanager
def exclusive_pull(place: Place, what: str) -> Generator[None]:
    """Let one process at a time pull a model to a place; others wait.

    Args:
        place: The place.
        what: Name of the model, for the log.
    """
    place.home.mkdir(parents=True, exist_ok=True)
    with (place.home / ".sentivox-lock").open("a") as file:
        if not lock(file.fileno()):
            _log.warning("%s: another process is pulling it; waiting", what)
            lock(file.fileno(), wait=True)
        yield  # the lock is released when the file is closed or the process dies
