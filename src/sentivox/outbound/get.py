"""Fetches what an address holds, piece by piece, so that whoever asks can stop."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import httpx

from sentivox.outbound.addresses import Allowed
from sentivox.outbound.failure import NoAnswer
from sentivox.outbound.reach import Reach
from sentivox.outbound.resolver import Resolve
from sentivox.outbound.target import Target

_ANSWER_S: Final = 15.0
"""Seconds from the lookup of the host to the head of the answer."""


class SafeGet:
    """Sends GET requests to public hosts and to those that are allowed.

    Args:
        allowed: What the operator allows beyond that.
        resolve: Looks up host names; by default as the operating system does.
        trust: Checks certificates; by default against the authorities that this machine trusts.
    """

    def __init__(
        self, allowed: Allowed, resolve: Resolve | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        self._reach = Reach(allowed, resolve, trust)

    async def __call__(self, target: Target) -> AsyncGenerator[bytes]:
        """Yield the body of the answer as it comes, however long it is and takes.

        Raises:
            NoAnswer: The host has an address that is not allowed, no answer came in time, it broke
                off, or it has another status than 200.
        """
        response = await self._reach.open("GET", target, {}, within_s=_ANSWER_S)
        async with aclosing(response):
            if response.status_code != 200:
                raise NoAnswer("http", f"{target.host} answered with status {response.status_code}")
            try:
                async for part in response.aiter_raw():
                    yield part
            except httpx.HTTPError as error:
                message = f"{target.host} broke off in the middle ({type(error).__name__})"
                raise NoAnswer("http", message) from None
