"""Serving under a sub-path behind a proxy, such as /sentivox on a shared host."""

import re
from typing import Final

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sentivox.errors import SentivoxError

_SEGMENTS: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")

OWN: Final = frozenset(
    {"v1", "v3", "ws", "docs", "static", "telnyx", "twilio", "vonage", "xiaozhi"}
)
"""First segments of the server's own paths, not allowed as the first segment of a sub-path.

Otherwise a request would not show whether the proxy has stripped the sub-path.
"""


def sub_path(text: str) -> str:
    """Normalise a sub-path: "/sentivox" for "sentivox/", "" for "/".

    Raises:
        SentivoxError: It is not a valid path, or begins with a segment in `OWN`.
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
    """ASGI middleware that serves the app under a sub-path, whether or not the proxy strips it.

    It sets `root_path`, and makes `path` begin with it, as ASGI requires.

    Args:
        app: The application to wrap.
        root: A sub-path as `sub_path` returns it; not "".
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; redirect the bare sub-path to the one with a trailing slash.

        Relative links on the page need that slash.
        """
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
