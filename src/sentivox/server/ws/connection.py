"""One connection of a conversation: a reader that always drains the socket, and a writer.

socket -> Reader -> Conversation -> ReplayBuffer -> socket
"""

import asyncio
from enum import Enum, auto
from typing import Final

from sentivox.protocol import close_codes
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.conversation import ServedSession
from sentivox.server.ws.reader import Reader
from sentivox.server.ws.replay_buffer import SlowClient
from sentivox.server.ws.transport import Gone, Transport
from sentivox.sinks.log import log, logger

_GOODBYES = frozenset({1000, 1001})
"""Close codes with which a client leaves on purpose."""

_OUTLIVED_S: Final = 60.0
"""Seconds without any progress after which the analysis for a client that has left is given up."""


class Outcome(Enum):
    """How a connection ended."""

    DONE = auto()
    """The conversation is over: the client has received everything, or has left on purpose."""
    CUT = auto()
    """The connection broke; the client may come back and resume."""
    REPLACED = auto()
    """The client resumed the conversation on another connection."""


class Connection:
    """Serves one accepted WebSocket until the conversation or the socket ends.

    Args:
        transport: The open connection to the client.
        conversation: The conversation, already started.
        settings: Limits of the server.
        after: Number (`seq`) of the last event the client has; 0 for a new conversation.

    Attributes:
        code: Close code of the socket, once closed.
        reason: Text of the close frame; "" if the conversation ended normally.
    """

    def __init__(
        self,
        transport: Transport,
        conversation: ServedSession,
        settings: ServerSettings,
        after: int,
    ) -> None:
        self.code = close_codes.GONE
        self.reason = ""
        self._transport = transport
        self._conversation = conversation
        self._settings = settings
        self._after = after
        self._replaced = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self) -> Outcome:
        """Serve until the end; errors caused by the client or by bugs are logged, not raised."""
        outcome = Outcome.DONE
        try:
            outcome = await self._serve()
        except* Gone as gone:
            code = _first(gone).code
            dialect = self._conversation.dialect
            outcome = Outcome.CUT if dialect.resumes and code not in _GOODBYES else Outcome.DONE
            log("client_gone", session=self._conversation.session_id, code=code)
            if dialect.outlives:
                await self._finished()
        except* SlowClient:
            self.code, self.reason = close_codes.REFUSED, close_codes.UNREAD
            log("client_gone", session=self._conversation.session_id, why="SlowClient")
        except* Exception as bugs:  # noqa: BLE001  (a bug must end its session and no other)
            self.code, self.reason = close_codes.BUG, close_codes.MISTAKE
            logger.error("session failed", exc_info=bugs)
        finally:
            self._conversation.intake.cut()
            self._over.set()
        await self._close()
        return outcome

    async def replaced(self) -> None:
        """Detach from the conversation, and wait until that is done: its client has reconnected."""
        self._replaced.set()
        await self._over.wait()

    async def _serve(self) -> Outcome:
        conversation, outlet = self._conversation, self._conversation.outlet
        if self._after:
            for frame in conversation.dialect.write(conversation.resumed_begin(self._after)):
                await self._transport.send(frame)
        timeout_s = self._settings.send_timeout_s
        reading = Reader(
            self._transport,
            conversation.dialect,
            conversation.intake,
            self._settings,
            conversation,
        )
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(
                outlet.tail.write(self._transport.send, self._after, timeout_s)
            )
            reader = group.create_task(reading.run())
            replaced = group.create_task(self._replaced.wait())
            await asyncio.wait({writer, replaced}, return_when=asyncio.FIRST_COMPLETED)
            for task in (writer, reader, replaced):
                task.cancel()
        if self._replaced.is_set():
            self.code, self.reason = close_codes.REFUSED, close_codes.REPLACED
            return Outcome.REPLACED
        self.code, self.reason = outlet.ending.result(), outlet.reason
        return Outcome.DONE

    async def _finished(self) -> None:
        """Wait until the audio of a client that has left is analysed, or nobody would be told."""
        intake, outlet = self._conversation.intake, self._conversation.outlet
        intake.close()
        before: tuple[float, int] | None = None
        while not outlet.ending.done():
            after = intake.waiting_s, outlet.tail.last
            if after == before:
                return
            before = after
            await asyncio.wait({outlet.ending}, timeout=_OUTLIVED_S)

    async def _close(self) -> None:
        """Close the socket unless the client has gone; waits at most 1 s if it does not read."""
        if self.code == close_codes.GONE:
            return
        if not self._transport.open:
            return
        try:
            async with asyncio.timeout(1.0):
                code, reason = self._conversation.dialect.closing(self.code, self.reason)
                await self._transport.close(code, close_codes.reason(reason))
        except (TimeoutError, Gone):
            return  # the client has already gone


def _first(group: BaseExceptionGroup[Gone]) -> Gone:
    """The first exception in a possibly nested group."""
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
