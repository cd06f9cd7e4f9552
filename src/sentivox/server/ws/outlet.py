"""Where a session's events go: to its client, and to all that watch the server."""

import asyncio

from sentivox.protocol import close_codes
from sentivox.protocol.events import Event, Termination, Utterance
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.tail import Bound, Tail
from sentivox.sinks.log import log_utterance
from sentivox.sinks.metrics import Metrics
from sentivox.sinks.recorder import Clips
from sentivox.sinks.tracing import Trace


class Outlet:
    """Takes the events of one session in their order, until its last word.

    Args:
        settings: How much may wait for the client, and whether transcripts are logged.
        metrics: Counts them.
        trace: Collects the times in them.
        clips: Keeps the utterances in them, when the operator asked for it.

    Attributes:
        tail: Has what goes to the client.
        ending: Brings the close code once the last event is in the tail.
        code: What that code is after Termination.
        reason: Why the socket is closed, in words; "" where all is done.
    """

    def __init__(
        self, settings: ServerSettings, *, metrics: Metrics, trace: Trace, clips: Clips | None
    ) -> None:
        self.tail = Tail(
            Bound(settings.outbox_messages, settings.outbox_bytes),
            Bound(settings.resume_events, settings.resume_bytes),
        )
        self.ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.code = close_codes.DONE
        self.reason = ""
        self._metrics = metrics
        self._trace = trace
        self._clips = clips
        self._log_words = settings.log_transcripts

    def put(self, event: Event) -> None:
        """Pass on an event, stamped already; none after a fatal Error or Termination."""
        if self.ending.done():
            return
        self.tail.put(event)
        self._metrics.note(event)
        self._trace.note(event)
        if self._clips is not None:
            self._clips.note(event)
        if isinstance(event, Utterance):
            log_utterance(event, words=self._log_words)
        elif isinstance(event, Termination):
            self.end(self.code, self.reason)

    def end(self, code: int, reason: str) -> None:
        """That was the last word; the socket closes with this code and reason."""
        if not self.ending.done():
            self.reason = reason
            self.ending.set_result(code)
            self.tail.end()
