"""Opens the WebSocket to a server, receives its greeting, and reopens it when it breaks."""

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
"""Seconds before the first retry; each further pause is twice as long."""

LONGEST_PAUSE_S: Final = 5.0
"""Maximum seconds between retries, unless the server asks for more."""

_MEANINGS: Final = {
    1006: "the connection broke",
    1011: "internal server error",
    1012: "the server is shutting down",
    1013: "the server is full or not ready; try again soon",
}
"""Meanings of close codes, for close frames without a reason."""


class Unreachable(ConnectionFailed):
    """The server cannot serve the stream now, but may be able to soon.

    Args:
        message: One line that says what is wrong.
        after_s: Seconds after which the server asked to retry; None if it did not say.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How to reach a stream's server.

    Attributes:
        address: URL of the stream, including its query.
        upload: Whether audio is sent faster than real time; pongs then get no time limit.
        token: Token sent as a header; None for none.
        trust: TLS context that checks the server's certificate; None without TLS.
        cookies: Cookies the server set, sent again on reconnection, so that a load balancer can
            find the instance that holds the session.
    """

    address: str
    upload: bool
    token: str | None
    trust: ssl.SSLContext | None = None
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    async def open(self, resume: Mapping[str, str] | None = None) -> tuple[ClientConnection, Begin]:
        """Connect and wait for the server's greeting.

        Args:
            resume: `session_id` and `last_seq` of a session to resume.

        Raises:
            Unreachable: The server cannot be reached or has no room now.
            ConnectionFailed: It is not a Sentivox server, or it refuses the stream.
        """
        socket = await self.connect(resume)
        try:
            return socket, await self._greeting(socket)
        except BaseException:
            await socket.close()
            raise

    async def open_again(
        self, resume: Mapping[str, str], within_s: float
    ) -> tuple[ClientConnection, Begin]:
        """Call `open` repeatedly, with growing pauses, for at most `within_s` seconds.

        Raises:
            Unreachable: The server stayed unreachable for all that time.
            ConnectionFailed: As for `open`.
        """
        until = asyncio.get_running_loop().time() + within_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self.open(resume)
            except Unreachable as problem:
                # Random pauses keep clients from reconnecting to a restarted server all at once.
                wait = max(problem.after_s or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311
                if asyncio.get_running_loop().time() + wait > until:
                    raise
                await asyncio.sleep(wait)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def connect(self, resume: Mapping[str, str] | None = None) -> ClientConnection:
        """Connect without waiting for a greeting. Args and errors are those of `open`."""
        address = with_query(self.address, resume or {})
        local = is_local(address)
        try:
            socket = await open_socket(
                address,
                additional_headers=self._headers(),
                proxy=None if local else True,
                # A local server that is gone refuses at once, so one that is silent is busy.
                open_timeout=60 if local else 10,
                ping_timeout=None if self.upload or local else 20,
                max_queue=None,  # a server cuts off a client that does not read its results
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
        except (WebSocketException, OSError, EOFError) as error:  # includes TLS and time-outs
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
            # A token in the address is a ticket, for which the server's own message is better.
            if event.code == "unauthorized" and "token=" not in self.address:
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
    """Wait for and return the next message.

    Raises:
        ConnectionClosed: The connection is closed.
        ConnectionFailed: The message is not one of the protocol.
    """
    data = await socket.recv()
    try:
        return decode(data)
    except msgspec.DecodeError as error:
        raise ConnectionFailed(f"the server sent an unknown message: {error}") from None


def broke(error: ConnectionClosed) -> bool:
    """Whether the connection ended without a close frame, so that it may be restored."""
    return error.rcvd is None


def why(error: ConnectionClosed) -> str:
    """One line that says how and why a connection was closed."""
    code = error.rcvd.code if error.rcvd is not None else 1006
    reason = error.rcvd.reason if error.rcvd is not None else ""
    return f"connection closed ({code}): {reason or _MEANINGS.get(code, 'by the server')}"
