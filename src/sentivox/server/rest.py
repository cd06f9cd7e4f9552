"""REST: a recording in one request, the models, and whether the server is alive and ready."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from sentivox.api import Analysis
from sentivox.engine.engine import Engine
from sentivox.errors import AudioError, ProtocolError
from sentivox.server.bounded import Abandoned, BoundedFile, TooSlow
from sentivox.server.dependencies import (
    ENGINE,
    POSTED,
    SECURED,
    Answers,
    engine_of,
    holder_of,
    our_page,
    problem,
    service_of,
)
from sentivox.server.logs import log
from sentivox.server.metrics import CONTENT_TYPE
from sentivox.server.negotiation import LANGUAGE, chosen
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from sentivox.server.uploads import CLIENT_GONE, received
from sentivox.stream.config import StreamConfig

router = APIRouter()

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": _FORM, "application/octet-stream": _BINARY},
    }
}


LANGUAGES = {"pattern": f"^({LANGUAGE.pattern})$"}
MODALITIES = {"pattern": "^ *(text|audio) *(, *(text|audio) *)*$"}
SHARE = {"minimum": 0, "maximum": 1}
"""What is checked further in, and said here for tools."""


async def malformed(_: Request, error: Exception) -> JSONResponse:
    """A query that FastAPI refused, in one line like all else."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (it is registered for these)
    first = error.errors()[0]
    return JSONResponse({"detail": f"{first['loc'][-1]}: {first['msg']}"}, 422)


ANALYZED: Answers = {
    **POSTED,
    **ENGINE,
    400: problem("A form that is none"),
    408: problem("It took too long to come"),
    413: problem("Too large"),
    422: problem("No recording that can be analysed, or not so"),
    507: problem("No room for it"),
}


@router.post("/v1/ticket", responses=POSTED, dependencies=[Depends(our_page)])
def ticket(
    holder: Annotated[str, Depends(holder_of)], service: Annotated[Service, Depends(service_of)]
) -> dict[str, Any]:
    """A ticket: for a minute it may stand as token in a stream's query, where a browser needs it.

    Null where this server needs no token.
    """
    tickets = service.gate.tickets
    minted = tickets.mint(holder) if holder else None
    return {"token": minted, "expires_in": tickets.lifetime_s}


@router.post(
    "/v1/analyze",
    openapi_extra=BODY,
    responses=ANALYZED,
    dependencies=[Depends(our_page), Depends(holder_of)],
)
async def analyze(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Engine, Depends(engine_of)],
    *,
    language: Annotated[
        str, Query(description="BCP-47 tag, or auto", json_schema_extra=LANGUAGES)
    ] = "en",
    modalities: Annotated[
        str, Query(description="text, audio or both", json_schema_extra=MODALITIES)
    ] = "text,audio",
    min_confidence: Annotated[
        float | None, Query(description="below it the label is unknown", json_schema_extra=SHARE)
    ] = None,
    baseline: Annotated[
        bool | None, Query(description="hear tone against the speaker's usual voice")
    ] = None,
    channels: Annotated[Literal["split", "mix"], Query(description="two channels")] = "split",
    filename: Annotated[str | None, Query(description="name of a raw body")] = None,
) -> JSONResponse:
    """Analyse a recording in any common format; the document of sentivox analyze --json."""
    del filename  # read by `received`; named here for the documentation
    stream = service.settings.stream
    if service.uploads.locked():
        raise HTTPException(503, "busy with other recordings", {"Retry-After": "5"})
    limits = service.settings
    async with (
        service.uploads,
        received(request, limits.max_upload_bytes, limits.upload_s) as upload,
    ):
        try:
            config = chosen(stream, language, modalities.split(","), min_confidence, baseline)
            async with _until_gone(request) as gone:
                document = await asyncio.to_thread(
                    _document, engine, upload.path, config, limits, gone, mixdown=channels == "mix"
                )
        except Abandoned:
            return JSONResponse({"detail": "the client went away"}, CLIENT_GONE)
        except TooSlow as error:
            raise HTTPException(503, str(error)) from None
        except ProtocolError as error:
            raise HTTPException(422, str(error)) from None
        except AudioError as error:
            problem = str(error).replace(str(upload.path), upload.name)
            raise HTTPException(422, problem) from None
    log("analyzed", duration_s=document["duration"])
    return JSONResponse(document | {"file": upload.name})


@asynccontextmanager
async def _until_gone(request: Request) -> AsyncGenerator[threading.Event]:
    """An event that is set once nobody waits for the answer any more."""
    gone = threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        log("abandoned")
        gone.set()

    watcher = asyncio.create_task(watch())
    try:
        yield gone
    finally:
        watcher.cancel()
        gone.set()  # also when the server shuts down: the thread ends with the next event


def _document(
    engine: Engine,
    path: Path,
    config: StreamConfig,
    limits: ServerSettings,
    gone: threading.Event,
    *,
    mixdown: bool,
) -> dict[str, Any]:
    """Analyse in this thread."""
    file = BoundedFile(
        path, gone, mixdown=mixdown, limit_s=limits.max_recording_s, within_s=limits.analysis_s
    )
    analysis = Analysis(engine, file, config)
    for _ in analysis:
        file.check()  # between blocks, words may take long
    return analysis.result().document()


@router.get("/v1/models", responses=SECURED | ENGINE, dependencies=[Depends(holder_of)])
def models(engine: Annotated[Engine, Depends(engine_of)]) -> dict[str, Any]:
    """The profile and the models in use."""
    return {"profile": engine.profile, "models": engine.describe()}


@router.get(
    "/metrics",
    responses=SECURED,
    response_class=PlainTextResponse,
    dependencies=[Depends(holder_of)],
)
def metrics(service: Annotated[Service, Depends(service_of)]) -> Response:
    """What an operator watches, in Prometheus' text format."""
    return Response(service.metrics.render(), media_type=CONTENT_TYPE)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Alive: answers even while the models load."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready, with the reason"}})
def readyz(service: Annotated[Service, Depends(service_of)]) -> JSONResponse:
    """Ready for a stream: the models are loaded, there is room, it is not shutting down.

    `asr` is the circuit of the recogniser: while it is "open", utterances go without words. Null
    where there is none.
    """
    sessions, engine = service.sessions, service.engine
    pool = None if engine is None else engine.asr_stats()
    state: dict[str, Any] = {
        "streams": {"open": len(sessions), "max": sessions.most()},
        "degradation": int(sessions.level),
        "asr": None if pool is None else pool["circuit"],
    }
    reason = service.unready or sessions.no_room
    if reason is None:
        return JSONResponse({"status": "ready", **state})
    return JSONResponse({"status": "unready", "reason": reason, **state}, 503)
