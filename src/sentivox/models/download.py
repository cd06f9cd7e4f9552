"""Fetching models from a hub: whole, checked, and with one line when something is in the way.

`huggingface_hub` does the transfer (resuming, proxies, tokens, HF_ENDPOINT, HF_HUB_OFFLINE).
"""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import (
    constants,
    get_hf_file_metadata,  # pyright: ignore[reportUnknownVariableType]
    hf_hub_download,  # pyright: ignore[reportUnknownVariableType]
    hf_hub_url,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm import tqdm

from sentivox._version import __version__
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, ModelFile
from sentivox.models.store import ModelStore, check_file, read_lock, sha256, write_lock

if TYPE_CHECKING:
    _Tqdm = tqdm[Any]
else:
    _Tqdm = tqdm  # generic for type checkers only

_MAX_REASON = 160
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of one file of a model is here, in bytes; `total` None while unknown."""

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
) -> Path:
    """Bring a model to this machine, unless it is here and whole; damaged files are replaced.

    Args:
        model: What to fetch.
        store: Where to: its folder if it has one, else the hub cache.
        endpoint: The hub; by default HF_ENDPOINT or huggingface.co.
        progress: Called often while a file arrives.

    Returns:
        The folder with the model's files.

    Raises:
        ModelError: no network, no such file, no space, no permission, or not the bytes pinned.
    """
    recorded = _discard_damaged(model, store)
    if root := store.locate(model):
        return root
    _require_space(model, store)
    _reach(model, endpoint)
    for file in model.files:
        path = _fetch(model, file, store, endpoint, progress)
        root = path.parents[len(Path(file.path).parts) - 1]
        if check_file(root, file, recorded).state == "damaged":
            _remove(path)
            raise ModelError(
                f"{model.id}: {file.path} is not the file that was expected (SHA-256 differs): "
                "pull again; if it stays so, the hub or a proxy changes it"
            )
    root = store.require(model)
    unpinned = [file.path for file in model.files if not file.sha256]
    if missing := [path for path in unpinned if path not in recorded]:
        write_lock(root, recorded | {path: sha256(root / path) for path in missing})
    return root


def _discard_damaged(model: CatalogModel, store: ModelStore) -> dict[str, str]:
    """Remove what is damaged, so that it is fetched again; returns what is recorded."""
    recorded: dict[str, str] = {}
    for root in store.roots(model):
        recorded |= read_lock(root)
        for file in model.files:
            if check_file(root, file, recorded).state == "damaged":
                _remove(root / file.path)
    return recorded


def _require_space(model: CatalogModel, store: ModelStore) -> None:
    home = store.folder or store.cache or Path(constants.HF_HUB_CACHE)
    place = next(folder for folder in (home, *home.absolute().parents) if folder.is_dir())
    needed = sum(file.size or 0 for file in model.files) or model.megabytes * 1_000_000
    free = shutil.disk_usage(place).free
    if free < needed:
        raise ModelError(
            f"{model.id} needs {needed / 1e6:.0f} MB and {place} has {free / 1e6:.0f} MB free: "
            "make room, or set SENTIVOX_MODELS_DIR to another disk"
        )


def _reach(model: CatalogModel, endpoint: str | None) -> None:
    """Ask for the first file once: the download proper retries for half a minute."""
    file = model.files[0]
    url = hf_hub_url(model.repo, file.path, revision=model.revision, endpoint=endpoint)
    try:
        get_hf_file_metadata(url, endpoint=endpoint)
    except Exception as error:  # the HTTP client's errors are the hub library's affair
        raise ModelError(_explain(error, model, file, endpoint)) from error


def _fetch(
    model: CatalogModel,
    file: ModelFile,
    store: ModelStore,
    endpoint: str | None,
    progress: Callable[[Progress], None] | None,
) -> Path:
    def report(done: int, total: int | None) -> None:
        if progress:
            progress(Progress(model.id, file.path, done, total))

    try:
        path = hf_hub_download(
            model.repo,
            file.path,
            revision=model.revision,
            cache_dir=store.cache,
            local_dir=store.folder / model.id if store.folder else None,
            endpoint=endpoint,
            library_name="sentivox",
            library_version=__version__,
            tqdm_class=_bar(report),
        )
    except Exception as error:
        raise ModelError(_explain(error, model, file, endpoint)) from error
    return Path(path)


def _explain(error: Exception, model: CatalogModel, file: ModelFile, endpoint: str | None) -> str:
    what = f"{model.id}: {file.path}"
    hub = endpoint or constants.ENDPOINT
    gone = EntryNotFoundError | RepositoryNotFoundError | RevisionNotFoundError
    if isinstance(error, gone) and not isinstance(error, LocalEntryNotFoundError):
        where = f"{model.repo} at {model.revision}"
        return f"{what} is not on {hub} ({where}): check HF_ENDPOINT, or update Sentivox"
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"{what} does not fit on the disk: make room, or set SENTIVOX_MODELS_DIR to another"
    if isinstance(error, PermissionError):
        return f"{what} cannot be written to {error.filename}: set SENTIVOX_MODELS_DIR elsewhere"
    reason = " ".join(str(error).split())[:_MAX_REASON] or type(error).__name__
    if isinstance(error, OfflineModeIsEnabled):
        reason = "HF_HUB_OFFLINE is set"
    return (
        f"{what} cannot be downloaded from {hub} ({reason}): go online, set HF_ENDPOINT to a "
        f"mirror, or set SENTIVOX_MODELS_DIR to a folder with {model.id}/{file.path}"
    )


def _bar(report: Callable[[int, int | None], None]) -> type[_Tqdm]:
    """A progress bar for `huggingface_hub` that draws nothing and reports bytes instead."""

    class Bar(_Tqdm):
        def __init__(self, *_: Any, **options: Any) -> None:  # noqa: ANN401
            self._done = int(options.get("initial") or 0)
            self._whole: int | None = options.get("total")
            super().__init__(disable=True)  # pyright: ignore[reportUnknownMemberType]
            report(self._done, self._whole)

        def update(self, n: float | None = 1) -> bool | None:
            self._done += int(n or 0)
            report(self._done, self._whole)
            return None

    return Bar


def _remove(path: Path) -> None:
    """Delete a file and, in the hub cache, the blob that it links to."""
    blob = path.resolve()
    path.unlink(missing_ok=True)
    blob.unlink(missing_ok=True)
