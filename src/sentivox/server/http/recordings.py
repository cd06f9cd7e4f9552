"""POST /v1/analyze: analyse an uploaded recording in one request."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from sentivox.api.analysis import Analysis
from sentivox.engine.backend import Backend
from sentivox.engine.isolated import DecoderLost, IsolatedFile
from sentivox.errors import AudioError, ProtocolError
from sentivox.protocol.events import Event
from sentivox.report.document import Document
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner
from sentivox.server.admission.upload_slots import UPLOAD_RETRY_AFTER, Admission
from sentivox.server.http.bounded import AnalysisWatch, BoundedFile, TooSlow
from sentivox.server.http.dependencies import (
    ENGINE,
    POSTED,
    Answers,
    engine_of,
    holder_of,
    our_page,
    problem,
    service_of,
)
from sentivox.server.http.options import AnalysisRequest, FormOptions, UploadOptions, openapi
from sentivox.server.http.uploads import CLIENT_GONE, Receive, received
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log
from sentivox.wording.paths import path_text

router = APIRouter()

T = TypeVar("T")

_SHOWN = 100
"""Maximum characters of a file name in an error message."""

ANALYZED: Answers = {
    **POSTED,
    **ENGINE,
    400: problem("A malformed form"),
    408: problem("The upload is too slow"),
    413: problem("Too large"),
    415: problem("Not a recording"),
    422: problem("A recording that cannot be analysed, or impossible options"),
    507: problem("Not enough disk space"),
}


@router.post(
    "/v1/analyze",
    openapi_extra=openapi(),
    responses=ANALYZED,
    dependencies=[Depends(our_page)],
)
async def analyze(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Backend, Depends(engine_of)],
    holder: Annotated[str, Depends(holder_of)],
) -> JSONResponse:
    """Analyse a recording in any common format. Returns the document of `sentivox analyze --json`.

    Options may be given in the query, in the form, or in both as long as they agree.
    """
    try:
        options = UploadOptions(request.query_params.multi_items())
    except ProtocolError as error:
        raise HTTPException(422, str(error)) from None
    caller = Uploader(request, service, engine, holder)
    heard = await analysed(caller, options, Document.document)
    log("analyzed", duration_s=heard.told["duration"])
    return JSONResponse(heard.told | {"file": heard.name, "notes": heard.notes} | heard.stored)


@dataclass(frozen=True, slots=True)
class Uploader:
    """A request that holds a recording, and who sent it.

    Attributes:
        request: The request.
        service: The server.
        engine: Analyses the recording.
        holder: Name of the token's holder.
        elsewhere: Gives the recording, if it does not come with the request.
        follow: Takes each event as it comes, in the thread of the analysis.
    """

    request: Request
    service: Service
    engine: Backend
    holder: str
    elsewhere: AbstractAsyncContextManager[Receive] | None = None
    follow: Callable[[Event], object] | None = None


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """An analysed recording.

    Attributes:
        told: What was made of its results.
        name: Its name, as its sender gave it.
        notes: One line for each thing done to the audio, left out, or possibly wrong.
        stored: `session_id` where the server keeps conversations, or nothing.
    """

    told: T
    name: str
    notes: list[str]
    stored: dict[str, str]


async def analysed(
    caller: Uploader, options: FormOptions, tell: Callable[[Document], T]
) -> Heard[T]:
    """Receive a recording, analyse it, and store the conversation if the server keeps them.

    Args:
        caller: The request.
        options: Its options; those in a form are added.
        tell: Makes the answer of the results, in the thread of the analysis.

    Raises:
        HTTPException: As of POST /v1/analyze.
    """
    request, service, settings = caller.request, caller.service, caller.service.settings
    _understood(options, service)  # report invalid options before the body is read
    address = neighbourhood(request.client.host if request.client is not None else "")
    async with (
        service.uploads.admitted(Owner(caller.holder, address)) as admission,
        # While the recording comes with the request, its arrival shows that the client is there.
        _leaving(request, admission, noticed=caller.elsewhere is not None),
        received(request, admission, options, settings, elsewhere=caller.elsewhere) as upload,
        _leaving(request, admission, noticed=caller.elsewhere is None),
    ):
        asked = _understood(options, service)
        name = asked.name or upload.name
        events: list[Event] = []
        followers: list[Callable[[Event], object]] = (
            [events.append] if service.keeping is not None else []
        )
        followers += [caller.follow] if caller.follow is not None else []

        def work(watch: AnalysisWatch) -> tuple[T, list[str]]:
            result = _result(
                caller.engine, upload.path, asked, settings, watch, followers=followers
            )
            return tell(result), [path_text(note) for note in result.notes]

        try:
            told, notes = await _in_turn(service.uploads.turns, work, settings)
        except (AudioError, ProtocolError) as error:  # not audio, or options not served here
            raise HTTPException(422, _named(str(error), upload.path, name)) from None
        except (TooSlow, DecoderLost) as error:
            raise HTTPException(503, str(error), {"Retry-After": UPLOAD_RETRY_AFTER}) from None
    notes = [_named(note, upload.path, name) for note in notes]
    stored: dict[str, str] = {}
    if service.keeping is not None:
        stored = {"session_id": events[0].session_id}
        if not service.keeping.put_all(events, owner=caller.holder, name=name):
            notes.append("there was no room to store this conversation")
    return Heard(told, name, notes, stored)


def _named(line: str, path: Path, name: str) -> str:
    """Replace the temporary path in a message with the sender's name for the recording."""
    return line.replace(str(path), " ".join(name.split())[:_SHOWN])


def _understood(options: FormOptions, service: Service) -> AnalysisRequest:
    """Read the options given so far; 422 if one is invalid."""
    try:
        return options.asked(service.defaults())
    except ProtocolError as error:
        raise HTTPException(422, str(error)) from None


@asynccontextmanager
async def _leaving(
    request: Request, admission: Admission, *, noticed: bool
) -> AsyncGenerator[None]:
    """End the upload's admission when its client disconnects, if that is to be noticed here."""
    if not noticed:
        yield
        return

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        log("abandoned")
        admission.end(HTTPException(CLIENT_GONE, "the client went away"))

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()


async def _in_turn(
    turns: asyncio.Semaphore, work: Callable[[AnalysisWatch], T], settings: ServerSettings
) -> T:
    """Run blocking work in a thread once a turn is free; the turn lasts until the thread ends.

    Raises:
        HTTPException: 503, no turn became free within `settings.turn_s` seconds.
    """
    try:
        async with asyncio.timeout(settings.turn_s):
            await turns.acquire()
    except TimeoutError:
        detail = "busy with other recordings; try again soon"
        raise HTTPException(503, detail, {"Retry-After": UPLOAD_RETRY_AFTER}) from None
    watch = AnalysisWatch(settings.analysis_s)
    working = asyncio.get_running_loop().run_in_executor(None, work, watch)

    def over(work: asyncio.Future[T]) -> None:
        turns.release()
        if not work.cancelled():
            work.exception()  # retrieved, or asyncio would log it if the client has disconnected

    working.add_done_callback(over)
    try:
        return await asyncio.shield(working)
    finally:
        watch.gone.set()


def _result(
    engine: Backend,
    path: Path,
    asked: AnalysisRequest,
    settings: ServerSettings,
    watch: AnalysisWatch,
    *,
    followers: Sequence[Callable[[Event], object]],
) -> Document:
    """Decode and analyse a recording in this thread; the followers take its events."""
    with IsolatedFile(
        path,
        mixdown=asked.mixdown,
        track=asked.track,
        bounds=settings.decoder,
        go_on=watch.check,
    ) as decoded:
        file = BoundedFile(decoded, watch, limit_s=settings.max_recording_s)
        analysis = Analysis(engine, file, asked.config, diarise=asked.diarise, go_on=watch.check)
        for event in analysis:
            for follow in followers:
                follow(event)
            watch.note()
        return analysis.result()
