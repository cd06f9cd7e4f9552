"""Read the files of models included in the package, verified before use."""

import hashlib
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from sentivox.errors import ModelError

WEIGHTS: Final = "model.onnx"
SIDECAR: Final = "model.json"
REINSTALL_HINT: Final = "reinstall sentivox (pip install --force-reinstall sentivox)"

Card = TypeVar("Card", bound=msgspec.Struct)


def read_card(path: Path, kind: type[Card]) -> Card:
    """Read the sidecar (a JSON file) that describes a model's other files.

    Raises:
        ModelError: It is missing, or not a card of this kind.
    """
    try:
        return msgspec.json.decode(_content(path), type=kind)
    except msgspec.DecodeError as error:
        raise ModelError(f"{path} is damaged ({error}); {REINSTALL_HINT}") from error


def read_verified(path: Path, sha256: str | None) -> bytes:
    """Read a file and check that it has the SHA-256 that its card names.

    Raises:
        ModelError: It is missing, or its SHA-256 differs.
    """
    wanted = f"the SHA-256 expected is {sha256 or f'not named in {SIDECAR}'}"
    content = _content(path, f"{wanted}; ")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(
            f"{path} is not the file that {SIDECAR} describes: {wanted}, this one has {found}; "
            f"{REINSTALL_HINT}"
        )
    return content


def _content(path: Path, wanted: str = "") -> bytes:
    """Read a file; `wanted` goes into the error message."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror
        raise ModelError(f"cannot read {path} ({reason}); {wanted}{REINSTALL_HINT}") from error
