"""Receives a recording sent over HTTP, raw or in a form, into a temporary file."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from fastapi import HTTPException, Request

from sentivox.errors import ProtocolError
from sentivox.server.admission.upload_slots import Admission
from sentivox.server.http.forms import Form, NotAForm
from sentivox.server.http.options import FormOptions
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log

Receive = Callable[[], Awaitable[Any]]
"""Returns the next ASGI message of a request's body."""

CLIENT_GONE: Final = 499
"""nginx's status for a client that disconnected; only logs of proxies ever see it."""

FORM: Final = "multipart/form-data"

_NOT_RAW: Final = (FORM.partition("/")[0], "text/", "application/json", "application/x-www-form")
"""Prefixes of content types that cannot be a recording and are refused with 415."""

_AROUND: Final = 64 << 10
"""Maximum bytes of a form besides its file."""

_PIECE: Final = 256 << 10
"""Bytes collected before each write to disk."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A received recording: its temporary file, and the name its sender gave it."""

    path: Path
    name: str


@asynccontextmanager
async def received(
    request: Request,
    admission: Admission,
    options: FormOptions,
    settings: ServerSettings,
    *,
    elsewhere: AbstractAsyncContextManager[Receive] | None = None,
) -> AsyncGenerator[Upload]:
    """Receive the recording in a request's body; its file is deleted when the context ends.

    Args:
        request: The request: multipart/form-data with a file, or the file itself as the body.
        admission: Accounts for the bytes on disk.
        options: Receives the options found in the form.
        settings: Limits of the server.
        elsewhere: Gives the recording, if it does not come with the request.

    Raises:
        HTTPException: 400 malformed form, 408 too slow, 413 too large, 415 not a recording by its
            content type or encoding, 422 no file, an empty file or an invalid option, 499 the
            client disconnected, 503 too many bytes of recordings stored, 507 the disk is full.
    """
    form = _form(request, options) if elsewhere is None else None
    async with AsyncExitStack() as stack:
        file = stack.enter_context(_place())
        target = _Target(file, admission)
        try:
            most = settings.max_upload_bytes + (0 if form is None else _AROUND)
            if elsewhere is None:
                _not_too_long(request, settings, most)
                receive: Receive = request.receive
            else:
                receive = await stack.enter_async_context(elsewhere)
            async for chunk in bounded_body(receive, settings, most, _too_long(settings)):
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


def _form(request: Request, options: FormOptions) -> Form | None:
    """The parser of the body if it is a form; None if the body itself is the recording."""
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
    """A temporary file for the recording, deleted when the context ends."""
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
    """Writes a file in a thread, because a slow disk would block the event loop."""

    def __init__(self, file: IO[bytes], admission: Admission) -> None:
        self._file = file
        self._admission = admission
        self._held = bytearray()

    async def write(self, data: bytes) -> None:
        """Buffer data, and write the buffer out once it is large enough.

        Raises:
            HTTPException: 503, the server stores too many bytes of recordings.
            OSError: The disk is full.
        """
        self._admission.store(len(data))
        self._held += data
        if len(self._held) >= _PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Write the buffered data to the file.

        Raises:
            OSError: The disk is full.
        """
        held, self._held = self._held, bytearray()
        await asyncio.to_thread(self._write, held)

    def _write(self, data: bytearray) -> None:
        left = memoryview(data)
        while left:  # an unbuffered file may write less than it is given
            left = left[self._file.write(left) :]


def _not_too_long(request: Request, settings: ServerSettings, most: int) -> None:
    """Refuse a body that is declared to be longer than `most` bytes; 413."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise _too_long(settings)


def _too_long(settings: ServerSettings) -> HTTPException:
    limit = settings.max_upload_bytes
    return HTTPException(413, f"the file is over the limit of {limit} bytes; send it in parts")


async def bounded_body(
    receive: Receive, settings: ServerSettings, most: int, too_long: HTTPException
) -> AsyncGenerator[bytes]:
    """Yield the chunks of the body, of at most `most` bytes in all.

    The rate is limited by a budget of time: it starts at `upload_grace_s` seconds, waiting spends
    it, and each byte received refills it at `min_upload_rate`, up to `upload_grace_s`. A link may
    therefore be slow for a while.

    Raises:
        HTTPException: `too_long`, 408 too slow, 499 disconnected.
    """
    size, grace, more = 0, settings.upload_grace_s, True
    left = grace
    while more:
        began = time.monotonic()
        message = await _next(receive, left)
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


async def _next(receive: Receive, within_s: float) -> Any:  # noqa: ANN401  (an ASGI message)
    """The next ASGI message, or None if none arrives within this many seconds."""
    # The second try finds bytes that arrived while a blocked event loop let the timeout pass.
    for patience in (within_s, 0):
        try:
            async with asyncio.timeout(patience):
                return await receive()
        except TimeoutError:
            continue
    return None
