"""Turns the events of one session into changes of a store."""

import time
from collections.abc import Callable

from sentivox._version import __version__
from sentivox.protocol.events import (
    Alert,
    AudioSentiment,
    Begin,
    Error,
    Event,
    Summary,
    Termination,
    Utterance,
)
from sentivox.store.records import AnyChange, Began, Ended, Fired, Said, Source
from sentivox.store.texts import TextFilter
from sentivox.store.tone import pack

MOST_WINDOWS = 1024
"""Most windows of live tone that are kept for an utterance; a 20 s utterance has 40."""


class StoreSink:
    """A sink that passes on what a store keeps of one session.

    Args:
        put: Takes a change; returns False if there is no room, and then nothing more is passed on.
        texts: What is kept of transcripts.
        owner: Name of the token's holder; "" where no token is needed.
        source: Where the session comes from.
        name: Name of the recording, if it is one.
        refused: Called once, if there is no room.
        clock: Returns the time in seconds since 1970.

    Attributes:
        was_refused: Whether there was no room for a part of the session.
    """

    def __init__(
        self,
        put: Callable[[AnyChange], bool],
        *,
        texts: TextFilter,
        owner: str,
        source: Source,
        name: str | None = None,
        refused: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._put = put
        self._texts = texts
        self._owner = owner
        self._source: Source = source
        self._name = name
        self._refused = refused
        self._clock = clock
        self._began = clock()
        self._windows: dict[tuple[int, int], list[AudioSentiment]] = {}
        self._summary: Summary | None = None
        self._error: str | None = None
        self._over = False
        self.was_refused = False

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case AudioSentiment():
                own = self._windows.setdefault((event.channel, event.utterance_id), [])
                if len(own) < MOST_WINDOWS:
                    own.append(event)
            case Utterance():
                self._said(event)
            case Alert():
                kept = self._texts.alert(event)
                self._pass_on(Fired(session_id=event.session_id, alert=kept))
            case Summary():
                self._summary = event
            case Termination():
                self._end(event.reason, event.audio_seconds, self._summary)
            case Error(fatal=True):
                self._error = event.code
            case Begin():
                self._pass_on(self._beginning(event))
            case _:
                pass

    def stop(self, session_id: str, audio_seconds: float, summary: Callable[[], Summary]) -> None:  # noqa: ARG002
        """End the session, unless it has ended by itself; see `sinks.sink.Follower`."""
        if not self._over:
            # After a bug the session's state is not to be trusted.
            found = None if self._error == "internal" else summary()
            self._end(self._error or "disconnected", audio_seconds, found)

    def _end(self, outcome: str, duration: float, summary: Summary | None) -> None:
        kept = None if summary is None else self._texts.summary(summary)
        self._pass_on(
            Ended(
                session_id=self._session_id,
                at=self._clock(),
                outcome=outcome,
                duration=duration,
                channels=[] if kept is None else kept.channels,
                mood=[]
                if kept is None
                else [point.value for point in kept.mood if point.channel is None],
                headline=None if kept is None else kept.headline,
            )
        )
        self._over = True

    def _beginning(self, begin: Begin) -> Began:
        self._session_id = begin.session_id
        return Began(
            session_id=begin.session_id,
            at=self._began,
            owner=self._owner,
            source=self._source,
            name=self._name,
            tags=tuple(begin.config.tags),
            version=__version__,
            begin=begin,
        )

    def _said(self, said: Utterance) -> None:
        place = (said.channel, said.utterance_id)
        held = self._windows.pop(place, []) if said.final else self._windows.get(place, [])
        kept = self._texts.utterance(said)
        self._pass_on(Said(session_id=said.session_id, utterance=kept, tone=pack(held)))

    def _pass_on(self, change: AnyChange) -> None:
        if not self._over and not self._put(change):
            self._over = self.was_refused = True
            self._refused()
