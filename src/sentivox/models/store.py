"""Find downloaded models on disk, and check that they are intact.

There are two places, in this order: the folder that `SENTIVOX_MODELS_DIR` names
(`FOLDER/MODEL-ID/…`), for machines without network and for images; and the Hugging Face cache,
which other programs share. Nothing here uses the network.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import msgspec
from huggingface_hub import try_to_load_from_cache

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, ModelFile, catalog
from sentivox.system.atomic import write_whole

CHECKSUM_FILE = "sentivox.lock.json"
"""File beside a model with the SHA-256 that its unpinned files had when first downloaded."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The state of one file of a model on disk.

    Attributes:
        path: Path in the model's repository.
        state: "ok" (has the SHA-256 of the catalogue), "recorded" (the catalogue has none, and it
            is as first downloaded), "unknown" (no SHA-256 to compare), "damaged" or "missing".
    """

    path: str
    state: Literal["ok", "recorded", "unknown", "damaged", "missing"]


class ModelStore:
    """Finds models on disk and checks them."""

    def __init__(self, folder: Path | None = None, *, cache: Path | None = None) -> None:
        """Search `folder`, if given, then the hub cache `cache`, by default the usual one."""
        self.folder = folder
        self.cache = cache

    @classmethod
    def from_environment(cls) -> Self:
        """Make a store with the places that SENTIVOX_MODELS_DIR, HF_HOME and HF_HUB_CACHE name."""
        folder = os.environ.get("SENTIVOX_MODELS_DIR")
        return cls(Path(folder).expanduser() if folder else None)

    def locate(self, model: CatalogModel) -> Path | None:
        """Return the folder that holds all of the model's files, or None."""
        for root in self.roots(model):
            if all((root / file.path).is_file() for file in model.files):
                return root
        return None

    def require(self, model: CatalogModel) -> Path:
        """Return the folder that holds all of the model's files.

        Raises:
            ModelError: some or all are missing.
        """
        if root := self.locate(model):
            return root
        states = [f"{c.path} in {r}" for r in self.roots(model) for c in _absent(model, r)]
        missing = f" (missing: {states[0]})" if states else ""
        raise ModelError(
            f"{model.id} is not on this machine{missing}: run `sentivox models pull {model.id}`, "
            f"or put its files in a folder {model.id} and set SENTIVOX_MODELS_DIR to its parent"
        )

    def installed(self) -> dict[str, Path]:
        """Return the folder of each catalogue model on this machine, by id."""
        found = {model.id: self.locate(model) for model in catalog().models}
        return {name: root for name, root in found.items() if root}

    def verify(self, model: CatalogModel) -> tuple[FileCheck, ...]:
        """Check every file of an installed model, which takes reading them completely.

        Raises:
            ModelError: the model is not installed.
        """
        root = self.require(model)
        recorded = read_checksums(root)
        return tuple(check_file(root, file, recorded) for file in model.files)

    def roots(self, model: CatalogModel) -> list[Path]:
        """List the folders that may hold some or all of the model's files."""
        roots = [self.folder / model.id] if self.folder else []
        for file in model.files:
            path = try_to_load_from_cache(
                model.repo, file.path, cache_dir=self.cache, revision=model.revision
            )
            if isinstance(path, str):
                root = Path(path)
                for _ in Path(file.path).parts:
                    root = root.parent
                return [*roots, root]
        return roots


def check_file(root: Path, file: ModelFile, recorded: dict[str, str]) -> FileCheck:
    """Compare a file under `root` with the catalogue's SHA-256, or with the recorded one."""
    path = root / file.path
    if not path.is_file():
        return FileCheck(file.path, "missing")
    expected = file.sha256 or recorded.get(file.path)
    if expected is None:
        return FileCheck(file.path, "unknown")
    if sha256(path) != expected:
        return FileCheck(file.path, "damaged")
    return FileCheck(file.path, "ok" if file.sha256 else "recorded")


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_checksums(root: Path) -> dict[str, str]:
    """Return the recorded SHA-256 of each file under `root`; empty if nothing is recorded.

    Raises:
        ModelError: the record itself is damaged.
    """
    path = root / CHECKSUM_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path} is damaged: delete it and pull the model again") from error


def write_checksums(root: Path, digests: dict[str, str]) -> None:
    """Record the SHA-256 of each file under `root`."""
    write_whole(root / CHECKSUM_FILE, msgspec.json.format(msgspec.json.encode(digests), indent=2))


def _absent(model: CatalogModel, root: Path) -> list[FileCheck]:
    """List the files that are missing in a folder; none if there is no such folder."""
    if not root.is_dir():
        return []
    return [
        FileCheck(file.path, "missing") for file in model.files if not (root / file.path).is_file()
    ]
