"""The sending side of a session: passes its events to the client and to the sinks."""

import asyncio
from collections.abc import Sequence

from sentivox.protocol import close_codes
from sentivox.protocol.events import Event, Termination
from sentivox.server.dialects.dialect import Dialect
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.replay_buffer import BufferBound, ReplayBuffer
from sentivox.sinks.sink import Sink


class Outlet:
    """Passes on the events of one session in order, up to the last one.

    Args:
        settings: Limits on what may wait for the client and what is kept for resuming.
        sinks: Receive each event.
        dialect: Protocol that the client uses.

    Attributes:
        tail: Buffer of events to be sent to the client.
        ending: Resolves to the close code once the last event is in the buffer.
        code: Close code to use after Termination.
        reason: Text of the close frame; "" if the session ended normally.
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
        """Pass on an event that has its number; ignored after a fatal Error or Termination."""
        if self.ending.done():
            return
        self.tail.put(event)
        for sink in self._sinks:
            sink.take(event)
        if isinstance(event, Termination):
            self.end(self.code, self.reason)

    def end(self, code: int, reason: str) -> None:
        """End the session's output; the socket is closed with this code and reason."""
        if not self.ending.done():
            self.reason = reason
            self.ending.set_result(code)
            self.tail.end()
