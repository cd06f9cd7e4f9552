"""The FastAPI application: one engine behind WebSocket, REST and web pages."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from sentivox._version import __version__
from sentivox.engine.engine import Engine
from sentivox.server.admission.guard import Guard
from sentivox.server.http import (
    deepgram,
    explain,
    history,
    openai,
    overviews,
    pages,
    recordings,
    rest,
    twilio,
)
from sentivox.server.http.subpath import SubPath, sub_path
from sentivox.server.http.unserved import Head, answer_the_unserved
from sentivox.server.negotiation import LOCAL_ORIGINS
from sentivox.server.service import Loader, Service
from sentivox.server.settings import ServerSettings
from sentivox.server.ws import sockets


def create_app(source: Engine | Loader, settings: ServerSettings | None = None) -> FastAPI:
    """Build the application.

    Args:
        source: A loaded engine, which the caller closes, or a function that loads one. The
            function runs once, in a thread, at start-up; until it returns, /readyz answers 503.
        settings: Limits and switches; by default those of `ServerSettings`.

    Raises:
        SentivoxError: `settings.root_path` is not a valid sub-path.
    """
    settings = settings or ServerSettings()
    service = Service(source, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="Sentivox",
        version=__version__,
        summary="Real-time sentiment from speech",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads its scripts from a CDN
        redoc_url=None,
    )
    app.state.service = service
    app.add_middleware(Head)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_origin_regex=LOCAL_ORIGINS,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    if root := sub_path(settings.root_path):
        app.add_middleware(SubPath, root=root)
    app.add_middleware(Guard, hosts=settings.allowed_hosts)
    answer_the_unserved(app)
    app.include_router(sockets.stream_router(settings.protocols))
    app.include_router(recordings.router)
    foreign = {
        "deepgram": deepgram.router,
        "openai": openai.router,
        "twilio": twilio.router,
    }
    for name, router in foreign.items():
        if name in settings.protocols:
            app.include_router(router)
    app.include_router(explain.router)
    app.include_router(rest.router)
    app.include_router(overviews.router)  # before history: a session's id may be any word
    app.include_router(history.router)
    app.include_router(pages.router)
    app.mount("/static", pages.PageFiles(), name="static")
    return app
