"""Recordings sent over HTTP: the body to a temporary file, whatever way it was posted."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, Final

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from sentivox.server.logs import log

CLIENT_GONE: Final = 499
"""Nobody receives it; nginx's number for that, for logs in between."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording on disk, and what its sender called it."""

    path: Path
    name: str


@asynccontextmanager
async def received(request: Request, limit: int, within_s: float) -> AsyncGenerator[Upload]:
    """The recording in a request's body, gone again afterwards.

    Args:
        request: multipart/form-data with a file, or the file itself as the body.
        limit: Most bytes.
        within_s: How long sending it may take.

    Raises:
        HTTPException: 413 too long, 400 not multipart as it says, 422 no file or an empty one,
            408 too slow, 499 the client went away, 507 no room on the disk.
    """
    with _place() as file:
        try:
            async with asyncio.timeout(within_s):
                if request.headers.get("content-type", "").startswith("multipart/form-data"):
                    name, size = await _from_form(request, limit, file.name)
                else:
                    name = request.query_params.get("filename", "upload")
                    size = await _from_body(request, limit, Path(file.name))
        except TimeoutError:
            raise HTTPException(408, f"the file took longer than {within_s:g} s to come") from None
        except OSError as error:
            raise _no_room(error) from None
        if not size:
            raise HTTPException(422, "the file is empty; send a recording as the request's body")
        yield Upload(Path(file.name), name)


@contextmanager
def _place() -> Generator[IO[bytes]]:
    """A file of its own for the recording, gone again afterwards."""
    try:
        file = NamedTemporaryFile(prefix="sentivox-")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise _no_room(error) from None
    with file:
        yield file


def _no_room(error: OSError) -> HTTPException:
    log("no_room", level=logging.ERROR, error=error.strerror)
    return HTTPException(507, f"no room for a recording on this server: {error.strerror}")


async def _from_body(request: Request, limit: int, target: Path) -> int:
    size = 0
    with target.open("wb") as file:
        async for chunk in _limited(request, limit):
            size += file.write(chunk)
    return size


async def _from_form(request: Request, limit: int, target: str) -> tuple[str, int]:
    try:
        form = await MultiPartParser(request.headers, _limited(request, limit)).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
    try:
        part = next((p for _, p in form.multi_items() if isinstance(p, UploadFile)), None)
        if part is None:
            raise HTTPException(422, "the form has no file; send one as the field named file")
        return part.filename or "upload", await asyncio.to_thread(_copy, part.file, Path(target))
    finally:
        await form.close()


def _copy(source: BinaryIO, target: Path) -> int:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
        return file.tell()


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes]:
    """The body, as long as it is not too long: neither as declared nor as it comes."""
    too_long = HTTPException(413, f"the file is over the limit of {limit} bytes")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise too_long
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_long
            yield chunk
    except ClientDisconnect:
        raise HTTPException(CLIENT_GONE, "the client went away") from None
