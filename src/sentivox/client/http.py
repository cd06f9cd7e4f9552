"""What a server answers over HTTP, and why it does not."""

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


def bearer(token: str | None) -> dict[str, str]:
    """The header that shows a token; none without one.

    Raises:
        ConnectionFailed: a header cannot hold it.
        UsageError: it is no string.
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
    """A server's answers besides its streams.

    Attributes:
        base: Of `server_url`.
        headers: Sent with every request.
        opener: Sends them.
    """

    base: str
    headers: Mapping[str, str]
    opener: Any

    @classmethod
    def at(cls, url: str, token: str | None = None, cacert: Path | None = None) -> Self:
        """The one with this address, of itself or of its stream.

        Raises:
            ConnectionFailed: it is no address, or certificate or token cannot be used.
        """
        base = server_url(url)
        handlers: list[Any] = [ProxyHandler({})] if is_local(base) else []
        if (trusted := trust(base, cacert)) is not None:
            handlers.append(HTTPSHandler(context=trusted))
        return cls(base, bearer(token), build_opener(*handlers))

    def get(self, path: str, *accepted: int) -> str:
        """What a path says.

        Args:
            path: Of the server, such as "/metrics".
            accepted: Statuses besides 200 that are an answer too.

        Raises:
            ConnectionFailed: no server there, or it refused, and what to do.
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
