"""Recordings that a client names by their address, on hosts that the operator allows."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

from fastapi import HTTPException

from sentivox.errors import SentivoxError
from sentivox.outbound.addresses import Allowed
from sentivox.outbound.failure import NoAnswer
from sentivox.outbound.get import SafeGet
from sentivox.outbound.target import BadUrl, Target
from sentivox.server.http.uploads import Receive


class Fetcher:
    """Fetches recordings from some origins, and from nowhere else.

    Args:
        origins: Origins such as "https://recordings.example.com", whose hosts may have any address.

    Raises:
        SentivoxError: One of them is not an origin.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        found = [_target(origin) for origin in origins]
        self._origins = {(target.host, target.port, target.tls) for target in found}
        self._allowed = Allowed(
            frozenset(target.host for target in found),
            http=not all(target.tls for target in found),
        )
        self._get = SafeGet(self._allowed)

    def fetched(self, url: str) -> AbstractAsyncContextManager[Receive]:
        """Fetch a recording for as long as the context lasts.

        Its bytes come as if they were the body of a request.

        Raises:
            HTTPException: 400, the address is not one of the origins; while it is read, 400, if
                there is no answer.
        """
        try:
            target = Target.parse(url, self._allowed)
        except BadUrl as error:
            raise HTTPException(400, f"url: {error}") from None
        if (target.host, target.port, target.tls) not in self._origins:
            raise HTTPException(
                400,
                f"this server fetches nothing from {target.authority}: send the recording itself,"
                " or ask its operator for --fetch-from",
            )
        return self._open(target)

    @asynccontextmanager
    async def _open(self, target: Target) -> AsyncGenerator[Receive]:
        async with aclosing(self._get(target)) as parts:
            yield _Body(target.host, parts).receive


def _target(origin: str) -> Target:
    named = origin.partition("://")[2].rstrip("/")
    host = named.partition("]")[0].strip("[") if named.startswith("[") else named.partition(":")[0]
    try:
        target = Target.parse(origin, Allowed(frozenset({host.lower()}), http=True))
    except BadUrl as error:
        raise SentivoxError(f"--fetch-from {origin[:100]!r}: {error}") from None
    if target.path != b"/":
        raise SentivoxError(f"--fetch-from {origin[:100]!r} has a path: leave it out")
    return target


class _Body:
    """What is fetched, as messages of a request's body."""

    def __init__(self, host: str, parts: AsyncIterator[bytes]) -> None:
        self._host = host
        self._parts = parts
        self._given_up = False

    async def receive(self) -> dict[str, Any]:
        """The next message; a wait for it that is given up ends the fetching."""
        if self._given_up:
            raise HTTPException(400, f"url: {self._host} sends too slowly")
        self._given_up = True
        try:
            part = await anext(self._parts, None)
        except NoAnswer as error:
            raise HTTPException(400, f"url: {error}") from None
        self._given_up = False
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}
