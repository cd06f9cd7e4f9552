"""The sub-path under which a proxy offers the server, such as /sentivox on a shared host."""

import re
from typing import Final

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sentivox.errors import SentivoxError

_SEGMENTS: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")

OWN: Final = frozenset({"v1", "ws", "docs", "static", "vendor"})
"""Beginnings of paths of ours: under such a sub-path nobody could tell whether it was stripped."""


def sub_path(text: str) -> str:
    """A sub-path as it is used: "/sentivox" for "sentivox/", "" for "/".

    Raises:
        SentivoxError: it is no path, or begins like one of the server's own.
    """
    path = "/" + text.strip("/")
    if path == "/":
        return ""
    if not _SEGMENTS.fullmatch(path):
        raise SentivoxError(
            f"--root-path {text!r} is not a path such as /sentivox: letters, digits and -._~ only"
        )
    if (first := path.split("/")[1]) in OWN:
        raise SentivoxError(
            f"--root-path {text!r} begins like the server's own /{first}; choose another name"
        )
    return path


class SubPath:
    """Middleware that finds each request under its sub-path, passed on by the proxy or stripped.

    Afterwards `path` begins with `root_path`, as ASGI wants it.

    Args:
        app: What answers.
        root: Of `sub_path`; not "".
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the sub-path itself is sent to where links from the page work."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path == self._root and scope["type"] == "http":
            query = scope["query_string"].decode("latin-1")
            there = self._root.rpartition("/")[2] + "/" + (query and f"?{query}")
            await RedirectResponse(there)(scope, receive, send)
            return
        if not path.startswith(f"{self._root}/"):
            path = self._root + path
        await self._app({**scope, "root_path": self._root, "path": path}, receive, send)
