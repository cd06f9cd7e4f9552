"""The live page, the documentation page, their parts, and the sample recording."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from sentivox.server.service import Service

STATIC: Final = Path(__file__).parent / "static"

REVALIDATE: Final = {"Cache-Control": "no-cache"}
"""Browsers ask whether a part has changed; else an upgraded server shows its old page for days."""

SECURITY: Final = REVALIDATE | {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(include_in_schema=False)


class Parts(StaticFiles):
    """The pages' scripts, styles and icon."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """A file, or 304 where the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATE)
        return response


@router.get("/")
def live() -> FileResponse:
    """The live page."""
    return FileResponse(STATIC / "index.html", headers=SECURITY)


@router.get("/docs")
def docs() -> FileResponse:
    """The protocol and the REST interface; complete without the network."""
    return FileResponse(STATIC / "docs.html", headers=SECURITY)


@router.api_route("/sample", methods=["GET", "HEAD"])
def sample(request: Request) -> FileResponse:
    """The sample call, in whatever format it is kept."""
    service: Service = request.app.state.service
    path = service.settings.sample
    if path is None or not path.is_file():
        raise HTTPException(404, "there is no sample recording on this server")
    return FileResponse(path)
