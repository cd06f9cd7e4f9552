"""The sink interface: consumers of the events of sessions."""

from typing import Protocol

from sentivox.protocol.events import Event


class Sink(Protocol):
    """Consumes the events of one session or of all, for metrics, traces, a log or files.

    It is called synchronously for each event, in the server on the event loop, so it must not
    block for long.
    """

    def take(self, event: Event) -> None:
        """Take the next event, which carries its `session_id`; each session's come in order."""
        ...
