"""A WebSocket to a server, opened, greeted, and opened again when it breaks."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from sentivox.client.address import is_local, with_query, without_query
from sentivox.client.http import bearer
from sentivox.client.problems import refused, token_refused, unreachable
from sentivox.errors import ConnectionFailed
from sentivox.protocol.events import Begin, Error, Message, decode

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0

_MEANINGS: Final = {
    1006: "the connection broke",
    1011: "internal server error",
    1012: "the server is shutting down",
    1013: "the server is full or not ready; try again soon",
}


class Unreachable(ConnectionFailed):
    """Not now, but perhaps soon.

    Attributes:
        after_s: When the server said that it may be; None where it said nothing.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a stream's server is reached.

    Attributes:
        address: Of the stream, query included.
        upload: Answers to pings are not timed.
        token: Sent as a header, where given.
        trust: How to check the server's certificate; None where there is none.
        cookies: What the server's side set, shown again when coming back: a balancer finds the
            instance by it that holds the session.
    """

    address: str
    upload: bool
    token: str | None
    trust: ssl.SSLContext | None = None
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    async def open(self, resume: Mapping[str, str] | None = None) -> tuple[ClientConnection, Begin]:
        """A socket and the server's greeting.

        Args:
            resume: `session_id` and `last_seq` of a session to go on with.

        Raises:
            Unreachable: no server there, or it has no room now.
            ConnectionFailed: it is no Sentivox server, or refused us.
        """
        socket = await self._connected(with_query(self.address, resume or {}))
        try:
            return socket, await self._greeting(socket)
        except BaseException:
            await socket.close()
            raise

    async def open_again(
        self, resume: Mapping[str, str], within_s: float
    ) -> tuple[ClientConnection, Begin]:
        """As `open`, again and again with growing pauses.

        Raises:
            ConnectionFailed: as for `open`, or time is over.
        """
        until = asyncio.get_running_loop().time() + within_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self.open(resume)
            except Unreachable as problem:
                # Chance spreads the clients of a server that comes back.
                wait = max(problem.after_s or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311
                if asyncio.get_running_loop().time() + wait > until:
                    raise
                await asyncio.sleep(wait)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _connected(self, address: str) -> ClientConnection:
        local = is_local(address)
        try:
            socket = await open_socket(
                address,
                additional_headers=self._headers(),
                proxy=None if local else True,
                # On this machine it is known at once that a server is gone; a silent one is busy.
                open_timeout=60 if local else 10,
                ping_timeout=None if self.upload or local else 20,
                max_queue=None,  # a server whose results are not read would cut us off
                compression=None,
                ssl=self.trust,
            )
        except InvalidStatus as error:
            status, body = error.response.status_code, error.response.body or b""
            said = body.decode(errors="replace")
            problem = await asyncio.to_thread(
                refused, address, status, said, token=bool(self.token)
            )
            raise (Unreachable if status >= 500 else ConnectionFailed)(problem) from None
        except (WebSocketException, OSError, EOFError) as error:  # TLS and time-outs too
            problem = await asyncio.to_thread(unreachable, address, error)
            lasting = isinstance(error, ssl.SSLError)
            raise (ConnectionFailed if lasting else Unreachable)(problem) from None
        self._keep_cookies(socket)
        return socket

    async def _greeting(self, socket: ClientConnection) -> Begin:
        try:
            event = await receive(socket)
        except ConnectionClosed as error:
            failure = Unreachable if broke(error) else ConnectionFailed
            raise failure(why(error)) from None
        if isinstance(event, Error):
            if event.retry_after_s is not None:
                raise Unreachable(event.message, event.retry_after_s)
            if event.code == "unauthorized" and "token=" not in self.address:  # that is a ticket
                where = without_query(self.address)
                raise ConnectionFailed(token_refused(where, given=bool(self.token)))
            raise ConnectionFailed(event.message)
        if not isinstance(event, Begin):
            raise ConnectionFailed("the server did not begin with Begin: is it a Sentivox server?")
        return event

    def _headers(self) -> dict[str, str]:
        headers = bearer(self.token)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{c.key}={c.coded_value}" for c in self.cookies.values())
        return headers

    def _keep_cookies(self, socket: ClientConnection) -> None:
        response = socket.response
        for line in response.headers.get_all("Set-Cookie") if response else ():
            with contextlib.suppress(CookieError):
                self.cookies.load(line)


async def receive(socket: ClientConnection) -> Message:
    """The next message.

    Raises:
        ConnectionClosed: the socket is closed.
        ConnectionFailed: it is none of the protocol's.
    """
    data = await socket.recv()
    try:
        return decode(data)
    except msgspec.DecodeError as error:
        raise ConnectionFailed(f"the server sent an unknown message: {error}") from None


def broke(error: ConnectionClosed) -> bool:
    """Whether the connection ended without a goodbye, so that it may be taken up again."""
    return error.rcvd is None


def why(error: ConnectionClosed) -> str:
    """One line about the end of a connection."""
    code = error.rcvd.code if error.rcvd is not None else 1006
    reason = error.rcvd.reason if error.rcvd is not None else ""
    return f"connection closed ({code}): {reason or _MEANINGS.get(code, 'by the server')}"
