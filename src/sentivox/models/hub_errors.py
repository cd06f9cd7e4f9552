"""Explain a model hub's refusals and failures, in one line that says what to do."""

import errno
from typing import Any, Final

from huggingface_hub import constants
from huggingface_hub.errors import (
    EntryNotFoundError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, ModelFile

_MAX_REASON: Final = 160  # characters


class HubFailed(ModelError):  # noqa: N818  (reads as what happened)
    """The hub does not provide a file.

    Attributes:
        reason: Why, in a few words.
        final: Whether no other source can help either.
    """

    def __init__(self, message: str, reason: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.final = final


def explain_hub_error(
    error: Exception, model: CatalogModel, file: ModelFile, endpoint: str | None
) -> HubFailed:
    """Turn an error of the hub library or of the disk into one for the user."""
    final = disk_full(error) or isinstance(error, OfflineModeIsEnabled)
    return HubFailed(_explain(error, model, file, endpoint), _reason(error), final=final)


def disk_full(error: Exception) -> bool:
    """Whether an error means that there is no space left on the disk."""
    full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return isinstance(error, OSError) and error.errno in full


def _explain(error: Exception, model: CatalogModel, file: ModelFile, endpoint: str | None) -> str:
    """The line for the user, with what to do."""
    what = f"{model.id}: {file.path}"
    hub = endpoint or constants.ENDPOINT
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        return f"{what}: {hub} requires a token ({status}): run `hf auth login`, or set HF_TOKEN"
    if status == 429:
        return f"{what}: {hub} refuses further requests (429): wait a while, then pull again"
    gone = EntryNotFoundError | RepositoryNotFoundError | RevisionNotFoundError
    if isinstance(error, gone) and not isinstance(error, LocalEntryNotFoundError):
        where = f"{model.repo} at {model.revision}"
        return f"{what} is not on {hub} ({where}): check HF_ENDPOINT, or update Sentivox"
    if disk_full(error):
        return (
            f"{what} does not fit on the disk: make room, or set SENTIVOX_MODELS_DIR to a folder "
            "on another"
        )
    return (
        f"{what} cannot be downloaded from {hub} ({_reason(error)}): pull again, which continues "
        f"from there; or go online, set HF_ENDPOINT to a mirror, or set SENTIVOX_MODELS_DIR to a "
        f"folder with {model.id}/{file.path}"
    )


def _reason(error: Exception) -> str:
    """Why the hub did not provide a file, in a few words."""
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set"
    return " ".join(str(error).split())[:_MAX_REASON] or type(error).__name__
