"""Who speaks: a voiceprint of every utterance, and names in the order of time.

A voiceprint never keeps an utterance waiting. What is known goes out as it comes, with `final`
false while the voice is awaited; the speaker follows as the next revision, or comes along where
it is known in time. Voices are named in the order of the utterances' ends on the audio clock,
through all channels and whatever order the voiceprints come in: so who is S1 does not depend on
the machine.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sentivox.stream.jobs import Failed, Job, Result, VoiceJob
from sentivox.stream.stage import (
    Awaited,
    ChannelContext,
    Draft,
    Ended,
    Finding,
    Output,
    Settled,
    Signal,
    Stage,
)
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import SAMPLE_RATE, Voice
from sentivox.voice.speakers import Speakers

SHORTEST_S: Final = 1.0
"""Shorter utterances say too little of who speaks: theirs is null."""

Key = tuple[int, int]
"""Channel and utterance."""


@dataclass(slots=True, eq=False)
class _Entry:
    """An utterance in the queue for its speaker's name."""

    key: Key
    at: int
    seconds: float
    result: Result | None = None


class SpeakerTracker:
    """Who speaks in one session, of all its channels.

    Args:
        speakers: Tells voices apart.
    """

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers
        self._new: list[_Entry] = []
        self._queue: deque[_Entry] = deque()
        self._names: dict[Key, str | None] = {}
        self._failures: dict[Key, str] = {}

    def stage(self, channel: ChannelContext) -> Stage:
        """The stage of one channel."""
        return SpeakerStage(channel, self)

    def add(self, key: Key, at: int, seconds: float) -> None:
        """An utterance of so many seconds ended, which was known at sample `at`."""
        self._new.append(_Entry(key, at, seconds))

    def line_up(self) -> None:
        """All channels are at the same time: those who ended since the last call join the queue."""
        self._queue.extend(sorted(self._new, key=lambda entry: (entry.at, entry.key)))
        self._new.clear()

    def take(self, key: Key, result: Result) -> None:
        """Take an utterance's voiceprint, and name those whose turn it is."""
        for entry in (*self._queue, *self._new):
            if entry.key == key:
                entry.result = result
        while self._queue and (voice := self._queue[0].result) is not None:
            entry = self._queue.popleft()
            match voice.value:
                case Voice(embedding):
                    self._names[entry.key] = self._speakers.name(embedding, entry.seconds)
                case Failed(reason):
                    self._failures[entry.key] = f"speaker_failed:{reason}"
                case _:
                    self._failures[entry.key] = "speaker_failed:bad_result"

    def knows(self, key: Key) -> bool:
        """Whether nothing more will be found out of who spoke."""
        return key in self._names or key in self._failures

    def name(self, key: Key) -> str | None:
        """What to call who spoke, if that is known."""
        return self._names.get(key)

    def failure(self, key: Key) -> str | None:
        """Why it will never be known."""
        return self._failures.get(key)

    def forget(self, key: Key) -> None:
        """The utterance's last message is out."""
        self._names.pop(key, None)
        self._failures.pop(key, None)


class SpeakerStage:
    """Asks for the voiceprints of one channel's utterances.

    Args:
        channel: What its stages share.
        tracker: Who speaks in the session.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext, tracker: SpeakerTracker) -> None:
        self._channel = channel
        self._tracker = tracker
        self._asked: set[int] = set()

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Take what happened to an utterance; its audio is still held when it ends."""
        key = self._channel.number, utterance.id
        match signal:
            case Ended():
                start, end = utterance.start, utterance.end or 0
                if end - start < SHORTEST_S * SAMPLE_RATE:
                    return []
                self._tracker.add(key, utterance.decided_at, (end - start) / SAMPLE_RATE)
                self._asked.add(utterance.id)
                job = VoiceJob(
                    id=self._channel.jobs.new(self),
                    channel=self._channel.number,
                    utterance_id=utterance.id,
                    audio=self._channel.recording.span(start, end).copy(),
                )
                return [job]
            case Settled():
                self._tracker.forget(key)
                self._asked.discard(utterance.id)
            case _:
                pass
        return []

    def resolve(self, job: Job, result: Result) -> Sequence[Output | Finding]:
        """Take a voiceprint; others, of other channels too, may be named by it."""
        self._tracker.take((job.channel, job.utterance_id), result)
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """Whether the speaker's name is to follow."""
        key = self._channel.number, utterance.id
        waiting = utterance.id in self._asked and not self._tracker.knows(key)
        return Awaited.REVISION if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add who speaks, or why that is not known."""
        key = self._channel.number, utterance.id
        draft.speaker = self._tracker.name(key)
        if (failure := self._tracker.failure(key)) is not None:
            draft.degraded.append(failure)
