"""Recordings sent over HTTP: the body to a temporary file, whatever way it was posted."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from fastapi import HTTPException, Request

from sentivox.errors import ProtocolError
from sentivox.server.admission.upload_slots import Admission
from sentivox.server.http.forms import Form, NotAForm
from sentivox.server.http.options import UploadOptions
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log

CLIENT_GONE: Final = 499
"""Nobody receives it; nginx's number for that, for logs in between."""

FORM: Final = "multipart/form-data"

_NOT_RAW: Final = (FORM.partition("/")[0], "text/", "application/json", "application/x-www-form")
"""How the types begin of what is surely no recording, but something that would be ignored."""

_AROUND: Final = 64 << 10
"""Bytes of a form that are not its file."""

_PIECE: Final = 256 << 10
"""Bytes that are written at a time."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording on disk, and what its sender called it."""

    path: Path
    name: str


@asynccontextmanager
async def received(
    request: Request, admission: Admission, options: UploadOptions, settings: ServerSettings
) -> AsyncGenerator[Upload]:
    """The recording in a request's body, gone again afterwards.

    Args:
        request: multipart/form-data with a file, or the file itself as the body.
        admission: What counts its bytes.
        options: Those in the form are added.
        settings: Limits.

    Raises:
        HTTPException: 413 too long, 400 not multipart as it says, 422 no file, an empty one or
            an option that cannot be, 408 too slow, 415 something else than a recording, 499 the
            client went away, 507 no room on the disk, 503 none for this one.
    """
    form = _form(request, options)
    with _place() as file:
        target = _Target(file, admission)
        try:
            most = settings.max_upload_bytes + (0 if form is None else _AROUND)
            async for chunk in _body(request, settings, most):
                for piece in [chunk] if form is None else form.feed(chunk):
                    await target.write(piece)
            if form is not None:
                form.finish()
            await target.flush()
        except NotAForm as error:
            raise HTTPException(400, str(error)) from None
        except ProtocolError as error:
            raise HTTPException(422, str(error)) from None
        except OSError as error:
            raise _no_room(error) from None
        if not admission.stored:
            raise HTTPException(422, "the file is empty; send a recording as the request's body")
        yield Upload(Path(file.name), (form and form.filename) or "upload")


def _form(request: Request, options: UploadOptions) -> Form | None:
    """What takes the body apart, or None where the body is the recording."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", ""}:
        detail = f"Content-Encoding {coding[:40]!r} is not understood: send the recording as it is"
        raise HTTPException(415, detail)
    whole = request.headers.get("content-type", "")
    kind = whole.partition(";")[0].strip().lower()
    if kind == FORM:
        try:
            return Form(whole, options)
        except NotAForm as error:
            raise HTTPException(400, str(error)) from None
    if kind.startswith(_NOT_RAW):
        raise HTTPException(
            415,
            f"{kind[:40]!r} is not a recording: send a form as curl -F file=@call.wav does, or the "
            "recording as the body with Content-Type: application/octet-stream "
            "(for curl --data-binary, add -H 'Content-Type: application/octet-stream')",
        )
    return None


@contextmanager
def _place() -> Generator[IO[bytes]]:
    """A file of its own for the recording, gone again afterwards."""
    try:
        file = NamedTemporaryFile(prefix="sentivox-", buffering=0)  # noqa: SIM115  (closed below)
    except OSError as error:
        raise _no_room(error) from None
    with file:
        yield file


def _no_room(error: OSError) -> HTTPException:
    log("no_room", level=logging.ERROR, error=error.strerror)
    return HTTPException(507, f"no room for a recording on this server: {error.strerror}")


class _Target:
    """A file that is written off the event loop, which a slow disk would hold up."""

    def __init__(self, file: IO[bytes], admission: Admission) -> None:
        self._file = file
        self._admission = admission
        self._held = bytearray()

    async def write(self, data: bytes) -> None:
        """Take some more.

        Raises:
            HTTPException: 503, this server holds too much already.
            OSError: the disk is full.
        """
        self._admission.store(len(data))
        self._held += data
        if len(self._held) >= _PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Put all that was taken into the file.

        Raises:
            OSError: the disk is full.
        """
        held, self._held = self._held, bytearray()
        await asyncio.to_thread(self._write, held)

    def _write(self, data: bytearray) -> None:
        left = memoryview(data)
        while left:  # without a buffer, part of it may be written
            left = left[self._file.write(left) :]


async def _body(request: Request, settings: ServerSettings, most: int) -> AsyncGenerator[bytes]:
    """The body, unless it is too long, as declared or as it comes, or comes too slowly.

    Who sends has some seconds of grace, and each byte that comes buys time, up to as much again:
    an average over that time, which a link may be slower than for a while.
    """
    too_long = HTTPException(
        413, f"the file is over the limit of {settings.max_upload_bytes} bytes; send it in parts"
    )
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise too_long
    size, grace, more = 0, settings.upload_grace_s, True
    left = grace
    while more:
        began = time.monotonic()
        message = await _next(request, left)
        if message is None:
            least = settings.min_upload_rate / 1000
            detail = f"the file came slower than {least:g} kB/s; send it compressed or in parts"
            raise HTTPException(408, detail)
        if message["type"] == "http.disconnect":
            raise HTTPException(CLIENT_GONE, "the client went away")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise too_long
        left -= time.monotonic() - began
        left = min(grace, left + len(chunk) / settings.min_upload_rate)
        more = message.get("more_body", False)
        if chunk:
            yield chunk


async def _next(request: Request, within_s: float) -> Any:  # noqa: ANN401  (an ASGI message)
    """What comes next, or None when nothing does in time."""
    for patience in (within_s, 0):  # a loop that was held up finds the time over, and bytes here
        try:
            async with asyncio.timeout(patience):
                return await request.receive()
        except TimeoutError:
            continue
    return None
