"""Download one file from a hub: resumed after an interruption, checked, and put in its place whole.

`huggingface_hub` handles the hub (proxies, tokens, redirects, HF_ENDPOINT, HF_HUB_OFFLINE). Its
own download discards what came before an interruption. Here that is kept, and only the rest is
requested.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import (
    get_hf_file_metadata,  # pyright: ignore[reportUnknownVariableType]
    hf_hub_url,
)
from huggingface_hub.file_download import http_get  # pyright: ignore[reportUnknownVariableType]
from huggingface_hub.utils import (
    build_hf_headers,  # pyright: ignore[reportUnknownVariableType]
)
from tqdm import tqdm

from sentivox._version import __version__
from sentivox.models.catalog import CatalogModel, ModelFile
from sentivox.models.place import Place, partial_files
from sentivox.models.store import sha256

if TYPE_CHECKING:
    _Tqdm = tqdm[Any]
else:
    _Tqdm = tqdm  # generic for type checkers only

Report = Callable[[int, int | None], None]
"""Called with the bytes of a file that have arrived, and its size in bytes (None if unknown)."""


class ChecksumMismatch(Exception):  # noqa: N818  (reads as what happened)
    """A complete download is not the expected file."""


def download_file(
    model: CatalogModel,
    file: ModelFile,
    place: Place,
    expected: str | None,
    *,
    endpoint: str | None,
    report: Report,
) -> Path:
    """Download one file of a model to its place.

    Args:
        model: The model.
        file: The file to download.
        place: Where the model is stored.
        expected: SHA-256 that the file must have, if known.
        endpoint: URL of the hub; by default HF_ENDPOINT or huggingface.co.
        report: Called often during the download.

    Returns:
        The folder that `file.path` is relative to.

    Raises:
        WrongBytes: the complete file has another SHA-256; it is deleted.
        Exception: the hub library's or the disk's error; what has arrived so far is kept.
    """
    url = hf_hub_url(model.repo, file.path, revision=model.revision, endpoint=endpoint)
    headers = build_hf_headers(library_name="sentivox", library_version=__version__)
    about = get_hf_file_metadata(url, endpoint=endpoint, headers=headers)
    etag = about.etag or hashlib.sha256(url.encode()).hexdigest()
    # Named by its ETag, so that the rest of another version is never appended to it.
    part = partial_files(place) / f"{file.path.replace('/', '--')}.{etag}"
    part.parent.mkdir(parents=True, exist_ok=True)
    if part.exists() and about.size is not None and part.stat().st_size > about.size:
        part.unlink()
    with part.open("ab") as out:
        http_get(
            url,
            out,
            resume_size=out.tell(),
            # A compressed transfer cannot be resumed in the middle of the file.
            headers={**headers, "Accept-Encoding": "identity"},
            expected_size=about.size,
            tqdm_class=_bar(report),
        )
    if expected is not None and sha256(part) != expected:
        part.unlink()
        raise ChecksumMismatch
    return place.settle(part, file.path, commit=about.commit_hash or model.revision, etag=etag)


def _bar(report: Report) -> type[_Tqdm]:
    """Make a progress bar for `huggingface_hub` that draws nothing but calls `report`."""

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
