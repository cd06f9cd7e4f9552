"""Listens for Wyoming's clients, and serves each connection's rounds one after the other."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from sentivox.protocol import close_codes
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner
from sentivox.server.dialects.opening import Call
from sentivox.server.dialects.wyoming import opening, refusal
from sentivox.server.service import Service
from sentivox.server.tcp.address import Address
from sentivox.server.tcp.transport import LINGER_S, EventTransport, Round
from sentivox.server.ws.beginning import RETRY_AFTER_S, begin, ready_engine
from sentivox.server.ws.connection import Connection
from sentivox.server.ws.refusal import Refused, note
from sentivox.server.ws.transport import Gone

IDLE_S: Final = 600.0
"""Seconds a connection may stay open without a round of audio.

Home Assistant opens one for each command; other clients keep theirs.
"""


class Listener:
    """Serves Wyoming on a socket.

    Args:
        service: The server.
        listening: The socket, which is bound and listens.
        most: Most connections at a time; more are refused.

    Attributes:
        listening: The socket.
    """

    def __init__(self, service: Service, listening: socket.socket, most: int) -> None:
        self.listening = listening
        self._service = service
        self._most = most
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], EventTransport] = {}
        self._resting: set[EventTransport] = set()  # those without a round

    @property
    def address(self) -> Address:
        """Where it listens, with the port that was taken if any would do."""
        name: tuple[str, int] | str = self.listening.getsockname()
        return Address("", 0, Path(name)) if isinstance(name, str) else Address(name[0], name[1])

    async def start(self) -> None:
        """Accept connections from now on."""
        self._server = await asyncio.start_server(self._accepted, sock=self.listening)

    def stop(self) -> None:
        """Accept no more connections, and close those without a round."""
        if self._server is not None:
            self._server.close()
        for client in self._resting:
            client.hang_up()

    def cut(self) -> None:
        """Cut all connections, whatever was not sent yet."""
        for client in self._open.values():
            client.cut()

    async def wait_closed(self) -> None:
        """Wait until all connections are closed."""
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""
        client, task = (
            EventTransport(reader, writer, self._service.settings),
            asyncio.current_task(),
        )
        assert task is not None  # noqa: S101  (narrows the type: coroutines run in tasks)
        if len(self._open) >= self._most:
            problem = "too many connections; try again in a while"
            await self._refuse(client, Refused("full", problem, close_codes.BUSY, RETRY_AFTER_S))
            client.hang_up()
            return
        self._open[task] = client
        try:
            while await self._served(client):
                pass
            await client.close(close_codes.DONE, "")
        finally:
            client.cut()
            del self._open[task]

    async def _served(self, client: EventTransport) -> bool:
        """Serve the client's next round; returns whether there may be another one."""
        service, owner = self._service, Owner("", neighbourhood(client.address))
        self._resting.add(client)
        try:
            begins = opening(Call({}, {}, service.defaults()), ready_engine(service))
            begun = await begin(service, client, begins, owner, IDLE_S)
        except Refused as refused:
            await self._refuse(client, refused)
            return False
        except Gone:
            return False
        finally:
            self._resting.discard(client)
        connection = Connection(Round(client), begun.conversation, service.settings, begun.after)
        await service.sessions.serve(begun.conversation, connection)
        return connection.code == close_codes.DONE

    async def _refuse(self, client: EventTransport, refused: Refused) -> None:
        note(refused, self._service.metrics, client.address)
        with suppress(Gone, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                for frame in refusal(refused.error, refused.close).frames:
                    await client.send(frame)
