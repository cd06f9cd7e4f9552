"""Middleware for every request: checks the Host header and sets security headers on responses."""

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
"""Defaults for responses that do not set these headers: no framing, no caching, no scripts."""

_NAME: Final = re.compile(r"[a-z0-9.:_-]{1,253}")
"""Host names that may be quoted in an error message."""


class Guard:
    """ASGI middleware that answers 421 to unknown host names and adds `HEADERS` to responses.

    Args:
        app: The application to wrap.
        hosts: Accepted names in the Host header, without ports; None for any. The check defeats
            DNS rebinding, in which a hostile page's own name is made to resolve to this server,
            so that the page shares its origin.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421 if the Host header names another host."""
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
        # Starlette turns this into a refused handshake if the request is for a WebSocket.
        await JSONResponse({"detail": problem}, 421)(scope, receive, outward)


def hostname(host: str) -> str:
    """The name in a Host header, without brackets and port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _with_headers(send: Send) -> Send:
    """Wrap `send` so that responses get those of `HEADERS` which they do not set themselves."""

    async def sending(message: Message) -> None:
        # The suffix also matches websocket.http.response.start, which refuses a handshake.
        if message["type"].endswith("http.response.start"):
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
