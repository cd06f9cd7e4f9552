"""What holds for every request: the names we answer to, and the headers of our answers."""

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""For answers that say nothing else: data, which no page may show in a frame or keep."""

_NAME: Final = re.compile(r"[a-z0-9.:_-]{1,253}")


class Guard:
    """Middleware round the whole app.

    Args:
        app: What answers.
        hosts: Names, without ports, by which it may be called; None for any. A page whose own
            name suddenly means our address (DNS rebinding) is a stranger with our own origin,
            and its `Host` header gives it away.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        outward = _with_headers(send)
        name = hostname(Headers(scope=scope).get("host", ""))
        if self._hosts is None or name in self._hosts:
            await self._app(scope, receive, outward)
            return
        shown = name if _NAME.fullmatch(name) else "NAME"
        problem = (
            f"this server does not answer to the name {shown}; its operator can allow it:"
            f" sentivox serve --allow-host {shown}"
        )
        await JSONResponse({"detail": problem}, 421)(scope, receive, outward)  # of a handshake too


def hostname(host: str) -> str:
    """The name in a Host header, without brackets and port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"].endswith("http.response.start"):  # of a refused handshake too
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
