"""The live page, the documentation pages with their static files, and the sample recording."""

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
"""Makes browsers revalidate files; otherwise they may show a page from before an upgrade."""

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

router = APIRouter(include_in_schema=False)


class PageFiles(StaticFiles):
    """Serves the scripts, styles and icon of the pages, and what they share with reports."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC, packages=[("sentivox.look", "files")])

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """A file, or 304 if the browser's copy is current."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATE)
        return response


@router.get("/")
def live(request: Request) -> FileResponse:
    """The live page."""
    return _page("index.html", request)


@router.get("/history")
def history(request: Request) -> FileResponse:
    """The page of stored conversations.

    It shows reports in `blob:` URLs, so its policy allows their inline style and script.
    """
    from sentivox.report.page import inline_sources  # noqa: PLC0415  (costly, and rarely needed)

    style, script = inline_sources()
    more = f" style-src 'self' {style}; script-src 'self' {script}; media-src blob:;"
    return _page("history.html", request, more)


@router.get("/docs")
def docs(request: Request) -> FileResponse:
    """The documentation of protocol and REST interface; loads nothing from other hosts."""
    return _page("docs.html", request)


@router.get("/docs/protocol")
def protocol(request: Request) -> FileResponse:
    """The reference of all protocol messages, rendered in the browser from /asyncapi.json."""
    return _page("protocol.html", request)


@router.get("/manifest.webmanifest")
def manifest() -> FileResponse:
    """What the live page is called and looks like once it is installed as an app."""
    path = STATIC / "manifest.webmanifest"
    return FileResponse(path, media_type="application/manifest+json", headers=REVALIDATE)


@router.get("/service-worker.js")
def service_worker() -> FileResponse:
    """Keeps the files of the live page; it is here, as it may only serve what lies below it."""
    policy = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    headers = REVALIDATE | {"Content-Security-Policy": policy}
    return FileResponse(STATIC / "service-worker.js", headers=headers)


@router.get("/asyncapi.json")
def asyncapi(request: Request) -> JSONResponse:
    """The AsyncAPI document of the streaming protocol.

    Under a sub-path it names this server's address, as FastAPI's OpenAPI document does.
    """
    servers: dict[str, Any] = {}
    if root := request.scope.get("root_path", ""):
        secure = request.url.scheme == "https"
        here = {"host": request.url.netloc, "pathname": root, "protocol": "wss" if secure else "ws"}
        servers = {"servers": {"here": here}}
    return JSONResponse(document() | servers, headers=REVALIDATE)


@router.get("/sample")
def sample_call(request: Request) -> FileResponse:
    """The sample recording, in its original format; 404 if the server has none."""
    service: Service = request.app.state.service
    path = service.settings.sample
    if path is None or not path.is_file():
        raise HTTPException(404, "there is no sample recording on this server")
    return FileResponse(path)


def _page(name: str, request: Request, more: str = "") -> FileResponse:
    """A page with a Content-Security-Policy that allows loading from this server only, and `more`.

    Images from `blob:` URLs are allowed too, as the page exports its charts with them.
    """
    host = request.headers.get("host", "")
    # Older browsers do not count WebSockets as 'self', so these are listed.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    policy = (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' blob:;{more}"
        " object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = REVALIDATE | {"Content-Security-Policy": policy}
    return FileResponse(STATIC / name, headers=headers)
