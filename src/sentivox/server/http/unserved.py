"""Responses where no endpoint answers: unknown paths, wrong methods, HEAD, and internal errors."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentivox.server.admission.guard import HEADERS

_LONGEST: Final = 80
"""Maximum characters of a path or method quoted in an error message."""


class Head:
    """ASGI middleware that answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; for HEAD, call the app with GET and send only status and headers."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET"}, receive, sending)


def answer_the_unserved(app: FastAPI) -> None:
    """Install JSON responses for unknown paths, wrong methods and unhandled exceptions.

    A path with a superfluous trailing slash is redirected to the one without it. The redirect is
    relative, because a proxy may serve the app under any path.
    """

    async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
        await _nowhere(scope, app.router.routes)(scope, receive, send)

    app.router.redirect_slashes = False  # its absolute address may be wrong behind a proxy
    app.router.default = nowhere
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


def _nowhere(scope: Scope, routes: Iterable[BaseRoute]) -> Response:
    """The response to a request that no route matches."""
    path = scope["path"]
    shown = path[:_LONGEST]
    root = scope.get("root_path", "")
    if scope["type"] == "websocket":
        return _problem(404, f"no stream at {shown}; connect to {root}/v1/stream")
    if path.removeprefix(root) == "*":  # "OPTIONS *" asks about the server as a whole
        return Response(status_code=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"})
    if _matches(routes, {**scope, "type": "websocket"}):
        problem = f"{shown} is a WebSocket: connect with ws:// or wss://, or see {root}/docs"
        return _problem(426, problem, {"Upgrade": "websocket", "Connection": "Upgrade"})
    if path.endswith("/") and _matches(routes, {**scope, "path": path[:-1]}):
        query = scope["query_string"].decode("latin-1")
        there = "../" + path[:-1].rpartition("/")[2] + (query and f"?{query}")
        return RedirectResponse(there)
    return _problem(404, _nothing(shown, root))


def _nothing(shown: str, root: str) -> str:
    return f"nothing at {shown}; the page is at {root}/, and {root}/docs lists everything else"


def _matches(routes: Iterable[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is not Match.NONE for route in routes)


def _refused(request: Request, error: Exception) -> Response:
    """The response to an HTTPException from an endpoint, the router or the static files."""
    assert isinstance(error, HTTPException)  # noqa: S101  (the handler is registered for it)
    scope, detail = request.scope, error.detail
    shown = scope["path"][:_LONGEST]
    headers = dict(error.headers or {})
    status = error.status_code  # may be non-standard, such as 499
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        taken = {name.strip() for name in headers.get("Allow", "GET").split(",")}
        taken |= {"HEAD"} if "GET" in taken else set()
        headers["Allow"] = ", ".join(sorted({*taken, "OPTIONS"}))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        detail = f"{shown} takes {', '.join(sorted(taken))}, not {request.method[:_LONGEST]}"
    elif status == HTTPStatus.NOT_FOUND and detail == HTTPStatus.NOT_FOUND.phrase:  # static file
        root = scope.get("app_root_path", scope.get("root_path", ""))
        detail = _nothing(shown, root)
    return _problem(status, detail, headers)


def _invalid(_: Request, error: Exception) -> Response:
    """The response to a parameter or body that does not fit its description: one line."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])[:_LONGEST] or "the body"
    reason = "there is no such parameter" if first["type"] == "extra_forbidden" else first["msg"]
    return _problem(422, f"{name}: {reason}; see /docs for what is taken")


def _broken(_: Request, __: Exception) -> Response:
    """The 500 response to a bug. It bypasses all middleware, so it sets the guard's headers."""
    return _problem(500, "internal server error; the server's log has the details", HEADERS)


def _problem(status: int, detail: str, headers: Any = None) -> JSONResponse:  # noqa: ANN401
    return JSONResponse({"detail": detail}, status, headers)
