"""Sends a POST request that stays within bounds, whatever the other side does."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol

import httpx

from sentivox.outbound.addresses import Allowed
from sentivox.outbound.reach import Reach
from sentivox.outbound.resolver import Resolve
from sentivox.outbound.target import Target

DEADLINE_S: Final = 15.0
"""Seconds that a request may take in all, from the lookup of the host to the end of the answer."""

MAX_ANSWER_BYTES: Final = 64 << 10
"""Bytes of an answer's body that are read; the connection is then closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request.

    Attributes:
        status: HTTP status.
        headers: Headers by name in lower case.
        body: The body, or what was read of it, without decompressing it.
        whole: Whether that is all of it.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool


class Post(Protocol):
    """Sends a POST request."""

    async def __call__(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request and wait for the answer; raises NoAnswer if there is none."""
        ...


class SafePost:
    """Sends POST requests over HTTP/1.1 to public hosts and to those that are allowed.

    Args:
        allowed: What the operator allows beyond that.
        resolve: Looks up host names; by default as the operating system does.
        trust: Checks certificates; by default against the authorities that this machine trusts
            (`SSL_CERT_FILE` names others).
        deadline_s: Seconds that a request may take in all.
    """

    def __init__(
        self,
        allowed: Allowed,
        *,
        resolve: Resolve | None = None,
        trust: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._reach = Reach(allowed, resolve, trust)
        self._deadline_s = deadline_s

    async def __call__(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request and wait for the answer.

        The status decides: a body that does not end, or breaks off, is cut.

        Raises:
            NoAnswer: The host has an address that is not allowed, or no answer came in time.
        """
        until = asyncio.get_running_loop().time() + self._deadline_s
        response = await self._reach.open(
            "POST", target, headers, body=body, within_s=self._deadline_s
        )
        return await _read(response, until)


async def _read(response: httpx.Response, until: float) -> Answer:
    """Read the body up to the limits, and close the connection."""
    body, whole = b"", False
    headers = {name.lower(): value for name, value in response.headers.items()}
    async with aclosing(response):
        try:
            async with asyncio.timeout_at(until):
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        break
                else:
                    whole = True
        except (TimeoutError, httpx.HTTPError):
            pass
    return Answer(response.status_code, headers, body[:MAX_ANSWER_BYTES], whole)
