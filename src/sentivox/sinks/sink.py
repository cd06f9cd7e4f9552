"""What a sink is: something that watches the events of a session."""

from typing import Protocol

from sentivox.protocol.events import Event


class Sink(Protocol):
    """Watches one session, or all: metrics, traces, a log, files. Must not block for long."""

    def take(self, event: Event) -> None:
        """Take the next event, stamped with its session's id; they come in their order."""
        ...
