"""REST: a recording in one request, the models, and whether the server is alive and ready."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from sentivox.api import Analysis
from sentivox.audio.files import AudioFile
from sentivox.engine.engine import Engine
from sentivox.errors import AudioError, ProtocolError
from sentivox.server.logs import log
from sentivox.server.negotiation import chosen, origin_allowed
from sentivox.server.service import Service
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


def service_of(request: Request) -> Service:
    """The service behind this request's app."""
    return request.app.state.service


def engine_of(service: Annotated[Service, Depends(service_of)]) -> Engine:
    """The engine; 503 until it is there."""
    if service.unready is not None or service.engine is None:
        raise HTTPException(503, f"not ready: {service.unready}", {"Retry-After": "2"})
    return service.engine


def our_page(request: Request, service: Annotated[Service, Depends(service_of)]) -> None:
    """403 for other people's pages, which may not make a visitor's browser work for them."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if not origin_allowed(origin, host, service.settings.allowed_origins):
        raise HTTPException(403, "this page's origin may not post recordings here")


@router.post("/v1/analyze", openapi_extra=BODY, dependencies=[Depends(our_page)])
async def analyze(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Engine, Depends(engine_of)],
    *,
    language: Annotated[str, Query(description="BCP-47 tag, or auto")] = "en",
    modalities: Annotated[str, Query(description="text, audio or both")] = "text,audio",
    min_confidence: Annotated[
        float | None, Query(description="below it the label is unknown, 0…1")
    ] = None,
    channels: Annotated[Literal["split", "mix"], Query(description="two channels")] = "split",
    filename: Annotated[str | None, Query(description="name of a raw body")] = None,
) -> JSONResponse:
    """Analyse a recording in any common format; the document of sentivox analyze --json."""
    del filename  # read by `received`; named here for the documentation
    stream = service.settings.stream
    if service.uploads.locked():
        raise HTTPException(503, "busy with other recordings", {"Retry-After": "5"})
    async with service.uploads, received(request, service.settings.max_upload_bytes) as upload:
        try:
            config = chosen(stream, language, modalities.split(","), min_confidence)
            async with _until_gone(request) as gone:
                document = await asyncio.to_thread(
                    _document, engine, upload.path, config, gone, mixdown=channels == "mix"
                )
        except ProtocolError as error:
            raise HTTPException(422, str(error)) from None
        except AudioError as error:
            problem = str(error).replace(str(upload.path), upload.name)
            raise HTTPException(422, problem) from None
    if document is None:
        return JSONResponse({"detail": "the client went away"}, CLIENT_GONE)
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
    engine: Engine, path: Path, config: StreamConfig, gone: threading.Event, *, mixdown: bool
) -> dict[str, Any] | None:
    """Analyse in this thread; None when it was left off because nobody waits for it."""
    analysis = Analysis(engine, AudioFile(path, mixdown=mixdown), config)
    for _ in analysis:
        if gone.is_set():
            return None
    return analysis.result().document()


@router.get("/v1/models")
def models(engine: Annotated[Engine, Depends(engine_of)]) -> dict[str, Any]:
    """The profile and the models in use."""
    return {"profile": engine.profile, "models": engine.describe()}


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Alive: answers even while the models load."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready, with the reason"}})
def readyz(service: Annotated[Service, Depends(service_of)]) -> JSONResponse:
    """Ready to serve: the models are loaded and the server is not shutting down."""
    if service.unready is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "unready", "reason": service.unready}, 503)
