"""The sink interface: consumers of the events of sessions."""

from collections.abc import Callable
from typing import Protocol

from sentivox.protocol.events import Event, Summary


class Sink(Protocol):
    """Consumes the events of one session or of all, for metrics, traces, a log or files.

    It is called synchronously for each event, in the server on the event loop, so it must not
    block for long.
    """

    def take(self, event: Event) -> None:
        """Take the next event, which carries its `session_id`; each session's come in order."""
        ...


class Follower(Sink, Protocol):
    """A sink of one session, which is also told when the session is removed."""

    def stop(self, session_id: str, audio_seconds: float, summary: Callable[[], Summary]) -> None:
        """End the session, unless it has ended by itself: its client has gone, or it failed.

        Args:
            session_id: The session.
            audio_seconds: Seconds of audio analysed.
            summary: Summarises the session so far.
        """
        ...
