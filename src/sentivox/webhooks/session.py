"""Turns the events of one session into webhooks."""

import asyncio
from collections.abc import Callable
from typing import Final

from sentivox.protocol.events import Alert, Begin, Error, Event, Summary, Termination, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.webhooks import payloads
from sentivox.webhooks.dispatcher import Dispatcher

_SETTLED_S: Final = 1.0
"""Seconds after which a session counts as started, though `Configure` might still come."""


class SessionWebhooks:
    """A sink of one session's events, which also has to be told when the session is removed.

    session.started is sent once: when something has been heard, and so `Configure` comes too late,
    or after a second.

    Args:
        dispatcher: Delivers the webhooks.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._begin: Begin | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._summary: Summary | None = None
        self._error: str | None = None
        self._ended = False

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case Begin():
                self._greeted(event)
            case WarningEvent():
                pass
            case Error():
                self._error = event.code if event.fatal else self._error
            case _:
                self._started()
                self._heard(event)

    def stop(self, session_id: str, audio_seconds: float, summary: Callable[[], Summary]) -> None:
        """End the session, unless it has ended by itself: its client has gone, or it failed.

        Args:
            session_id: The session.
            audio_seconds: Seconds of audio analysed.
            summary: Summarises the session so far.
        """
        self._started()
        if self._ended:
            return
        # After a bug the session's state is not to be trusted.
        if self._error != "internal" and self._dispatcher.wants(payloads.ENDED):
            self._summary = summary()
        self._end(session_id, self._error or "disconnected", audio_seconds)

    def _greeted(self, begin: Begin) -> None:
        """Wait for a `Configure`, which a second Begin answers."""
        if self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(_SETTLED_S, self._started)
        elif self._begin is None:
            return  # it has been sent
        self._begin = begin

    def _started(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        if (begin := self._begin) is not None:
            self._begin = None
            if self._dispatcher.wants(payloads.STARTED):
                self._put(payloads.STARTED, payloads.started(begin, self._now), begin)

    def _heard(self, event: Event) -> None:
        match event:
            case Utterance(final=True) if self._dispatcher.wants(payloads.UTTERANCE):
                self._put(payloads.UTTERANCE, payloads.utterance(event, self._now), event)
            case Summary():
                self._summary = event
            case Termination():
                self._end(event.session_id, event.reason, event.audio_seconds)
            case Alert() if self._dispatcher.wants(payloads.ALERT):
                self._put(payloads.ALERT, payloads.alert(event, self._now), event)
            case _:
                pass

    def _end(self, session_id: str, reason: str, audio_seconds: float) -> None:
        self._ended = True
        if self._dispatcher.wants(payloads.ENDED):
            now = self._now
            body = payloads.ended(session_id, reason, audio_seconds, self._summary, now)
            self._dispatcher.put(payloads.ENDED, session_id, body, now)

    def _put(self, kind: str, body: str, event: Event) -> None:
        self._dispatcher.put(kind, event.session_id, body, self._now)

    @property
    def _now(self) -> float:
        return self._dispatcher.now()
