"""Where a session's events go: to its client, and to all that watch the server."""

import asyncio
from collections.abc import Sequence

from sentivox.protocol import close_codes
from sentivox.protocol.events import Event, Termination
from sentivox.server.dialects.dialect import Dialect
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.replay_buffer import BufferBound, ReplayBuffer
from sentivox.sinks.sink import Sink


class Outlet:
    """Takes the events of one session in their order, until its last word.

    Args:
        settings: How much may wait for the client.
        sinks: Watch them.
        dialect: What the client speaks.

    Attributes:
        tail: Has what goes to the client.
        ending: Brings the close code once the last event is in the tail.
        code: What that code is after Termination.
        reason: Why the socket is closed, in words; "" where all is done.
    """

    def __init__(self, settings: ServerSettings, sinks: Sequence[Sink], dialect: Dialect) -> None:
        self.tail = ReplayBuffer(
            BufferBound(settings.outbox_messages, settings.outbox_bytes),
            BufferBound(settings.resume_events, settings.resume_bytes),
            dialect.write,
        )
        self.ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.code = close_codes.DONE
        self.reason = ""
        self._sinks = sinks

    def put(self, event: Event) -> None:
        """Pass on an event, stamped already; none after a fatal Error or Termination."""
        if self.ending.done():
            return
        self.tail.put(event)
        for sink in self._sinks:
            sink.take(event)
        if isinstance(event, Termination):
            self.end(self.code, self.reason)

    def end(self, code: int, reason: str) -> None:
        """That was the last word; the socket closes with this code and reason."""
        if not self.ending.done():
            self.reason = reason
            self.ending.set_result(code)
            self.tail.end()
