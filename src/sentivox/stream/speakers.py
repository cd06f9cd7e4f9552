"""A session's speakers: which utterance waits for its voiceprint, and what to call each. Pure.

A voiceprint never keeps an utterance waiting. What is known goes out as it comes, with `final`
false while the voice is awaited; the speaker follows as the next revision, or comes along where
it is known in time. Voices are named in the order of the utterances' ends on the audio clock,
whatever order the voiceprints come in: so who is S1 does not depend on the machine.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from sentivox.protocol.events import Event, SpeechEnded, SpeechStarted, Utterance
from sentivox.stream.jobs import Failed, Result, VoiceJob
from sentivox.types import Int16Array, Voice
from sentivox.voice.speakers import Speakers

SHORTEST_S: Final = 1.0
"""Shorter utterances say too little of who speaks: theirs is null."""

Key = tuple[int, int]  # channel and utterance
Clip = Callable[[int, float, float], Int16Array]
"""(channel, start, end) in seconds to mono int16 at 16 kHz."""


@dataclass(slots=True, eq=False)
class _Ticket:
    """An utterance in the queue for its speaker's name."""

    key: Key
    at: float
    seconds: float
    result: Result | None = None


class Roll:
    """Who speaks in one session.

    Args:
        speakers: Tells voices apart.
        clip: Gives recent audio.
    """

    def __init__(self, speakers: Speakers, clip: Clip) -> None:
        self._speakers = speakers
        self._clip = clip
        self._starts: dict[Key, float] = {}
        self._new: list[_Ticket] = []
        self._queue: deque[_Ticket] = deque()
        self._waiting: dict[Key, Utterance | None] = {}  # None: nothing final was said of it yet
        self._named: dict[Key, str | None] = {}  # until its last revision
        self._failed: dict[Key, str] = {}

    @property
    def settled(self) -> bool:
        """No voiceprint is awaited."""
        return not self._waiting

    def listen(self, events: Sequence[Event]) -> list[VoiceJob]:
        """Take a channel's events as they come, while their audio is still held."""
        jobs: list[VoiceJob] = []
        for event in events:
            match event:
                case SpeechStarted():
                    self._starts[event.channel, event.utterance_id] = event.start
                case SpeechEnded():
                    start = self._starts.pop((event.channel, event.utterance_id))
                    if not event.discarded and event.end - start >= SHORTEST_S:
                        jobs.append(self._ask(event, start))
                case _:
                    pass
        return jobs

    def line_up(self) -> None:
        """All channels are at the same time: those who ended since the last call join the queue."""
        self._queue.extend(sorted(self._new, key=lambda ticket: (ticket.at, ticket.key)))
        self._new.clear()

    def resolve(self, job: VoiceJob, result: Result) -> list[Utterance]:
        """Take a voiceprint; returns the last revisions of utterances that only waited for it."""
        for ticket in self._queue:
            if ticket.key == (job.channel, job.utterance_id):
                ticket.result = result
        return self._call()

    def sign(self, utterance: Utterance) -> Utterance:
        """The message with its speaker if known, and not final while that is awaited."""
        key = utterance.channel, utterance.utterance_id
        if key in self._waiting:
            self._waiting[key] = utterance if utterance.final else None
            return replace(utterance, final=False)
        return self._signed(utterance)

    def _ask(self, ended: SpeechEnded, start: float) -> VoiceJob:
        key = ended.channel, ended.utterance_id
        self._new.append(_Ticket(key, ended.t, ended.end - start))
        self._waiting[key] = None
        return VoiceJob(
            id=-ended.utterance_id,  # a stream's own jobs count upwards
            channel=ended.channel,
            utterance_id=ended.utterance_id,
            audio=self._clip(ended.channel, start, ended.end),
        )

    def _call(self) -> list[Utterance]:
        """Name those at the head of the queue whose voiceprints are here."""
        revised: list[Utterance] = []
        while self._queue and (result := self._queue[0].result) is not None:
            ticket = self._queue.popleft()
            match result.value:
                case Voice(embedding):
                    self._named[ticket.key] = self._speakers.name(embedding, ticket.seconds)
                case Failed(reason):
                    self._failed[ticket.key] = f"speaker_failed:{reason}"
                case _:
                    self._failed[ticket.key] = "speaker_failed:bad_result"
            said = self._waiting.pop(ticket.key)
            if said is not None:
                revised.append(self._signed(replace(said, revision=said.revision + 1)))
        return revised

    def _signed(self, utterance: Utterance) -> Utterance:
        key = utterance.channel, utterance.utterance_id
        name, failed = self._named.get(key), self._failed.get(key)
        if utterance.final:
            self._named.pop(key, None)
            self._failed.pop(key, None)
        return replace(
            utterance,
            speaker=name,
            degraded=utterance.degraded if failed is None else [*utterance.degraded, failed],
        )
