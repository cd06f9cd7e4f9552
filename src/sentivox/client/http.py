"""HTTP requests to a server's endpoints, with errors that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import NoneType
from typing import Any, Final, Self
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from sentivox.client.address import is_local, server_url
from sentivox.client.problems import refused, unreachable
from sentivox.client.tls import trust
from sentivox.errors import ConnectionFailed
from sentivox.system.usage import require

TIMEOUT_S: Final = 10.0
"""Seconds to wait for a response."""


def bearer(token: str | None) -> dict[str, str]:
    """The Authorization header for a token; empty without a token.

    Raises:
        ConnectionFailed: The token has characters that a header cannot hold.
        UsageError: The token is not a string.
    """
    require("token", token, (str, NoneType), "a string")
    shown = (token or "").strip()
    if not shown:
        return {}
    if not (shown.isascii() and shown.isprintable()):
        raise ConnectionFailed(
            "this token contains characters that no token has: is it the right file?"
        )
    return {"Authorization": f"Bearer {shown}"}


@dataclass(frozen=True, slots=True)
class Site:
    """A server's HTTP endpoints.

    Attributes:
        base: Base URL, as `server_url` returns it.
        headers: Headers sent with every request.
        opener: `urllib` opener that sends the requests.
    """

    base: str
    headers: Mapping[str, str]
    opener: Any

    @classmethod
    def at(cls, url: str, token: str | None = None, cacert: Path | None = None) -> Self:
        """The site of a server.

        Args:
            url: Address of the server or of its stream.
            token: Token for a server that requires one.
            cacert: PEM file of certificates to trust for TLS, instead of the system's.

        Raises:
            ConnectionFailed: The address, certificate file or token cannot be used.
        """
        base = server_url(url)
        handlers: list[Any] = [ProxyHandler({})] if is_local(base) else []
        if (trusted := trust(base, cacert)) is not None:
            handlers.append(HTTPSHandler(context=trusted))
        return cls(base, bearer(token), build_opener(*handlers))

    def get(self, path: str, *accepted: int) -> str:
        """Send a GET request and return the body of the response as text.

        Args:
            path: Path on the server, such as "/metrics".
            accepted: Statuses besides 200 whose body is returned too.

        Raises:
            ConnectionFailed: The server cannot be reached or answered with another status; the
                message says what to do.
        """
        where = f"{self.base}{path}"
        request = Request(where, headers=dict(self.headers))  # noqa: S310  (http or https)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.read().decode(errors="replace")
        except HTTPError as error:
            with error:
                body = error.read().decode(errors="replace")
            if error.code in accepted:
                return body
            asked = self.base if error.code == 401 else where
            problem = refused(asked, error.code, body, token=bool(self.headers))
        except (OSError, ValueError, HTTPException) as error:
            problem = unreachable(self.base, error)
        raise ConnectionFailed(problem)
