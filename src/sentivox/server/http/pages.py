"""The live page, the documentation page, their parts, and the sample recording."""

import importlib.util
import re
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from sentivox.protocol.asyncapi import document
from sentivox.server.service import Service

STATIC: Final = Path(__file__).parents[1] / "static"

REVALIDATE: Final = {"Cache-Control": "no-cache"}
"""Browsers ask whether a part has changed; else an upgraded server shows its old page for days."""

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

router = APIRouter(include_in_schema=False)


class PageFiles(StaticFiles):
    """The pages' scripts, styles and icon."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """A file, or 304 where the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATE)
        return response


@router.get("/")
def live(request: Request) -> FileResponse:
    """The live page."""
    return _page("index.html", request)


@router.get("/docs")
def docs(request: Request) -> FileResponse:
    """The protocol and the REST interface; complete without the network."""
    return _page("docs.html", request)


@router.get("/docs/protocol")
def protocol(request: Request) -> FileResponse:
    """Every message, from the document for tools."""
    return _page("protocol.html", request)


@router.get("/vendor/plotly.min.js")
def plotly() -> FileResponse:
    """The charts' library, as Python's plotly brings it. Without it the page has no charts."""
    found = importlib.util.find_spec("plotly")  # not imported: only a file of it is wanted
    roots = None if found is None else found.submodule_search_locations
    script = Path(next(iter(roots or ()), "")) / "package_data" / "plotly.min.js"
    if not script.is_file():
        raise HTTPException(404, "plotly is not installed on this server: pip install plotly")
    return FileResponse(script, headers=REVALIDATE)


@router.get("/asyncapi.json")
def asyncapi(request: Request) -> JSONResponse:
    """The streaming protocol for tools; under a sub-path it names the server, as OpenAPI does."""
    servers: dict[str, Any] = {}
    if root := request.scope.get("root_path", ""):
        secure = request.url.scheme == "https"
        here = {"host": request.url.netloc, "pathname": root, "protocol": "wss" if secure else "ws"}
        servers = {"servers": {"here": here}}
    return JSONResponse(document() | servers, headers=REVALIDATE)


@router.get("/sample")
def sample(request: Request) -> FileResponse:
    """The sample call, in whatever format it is kept."""
    service: Service = request.app.state.service
    path = service.settings.sample
    if path is None or not path.is_file():
        raise HTTPException(404, "there is no sample recording on this server")
    return FileResponse(path)


def _page(name: str, request: Request) -> FileResponse:
    """A page that may load, and talk to, nothing but this server.

    Pictures that the page itself made, of its charts, are let in too.
    """
    host = request.headers.get("host", "")
    # 'self' covers WebSockets in newer browsers only, so they are named.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    policy = (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:;"
        " object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = REVALIDATE | {"Content-Security-Policy": policy}
    return FileResponse(STATIC / name, headers=headers)
