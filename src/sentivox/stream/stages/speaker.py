"""Stage that names the speaker of every utterance by its voiceprint.

A voiceprint never delays an utterance. The message goes out with `final` false while the
voiceprint is outstanding, and the speaker follows in the next revision, unless it is known in time
for the first. Voices are named in the order in which the utterances end on the audio clock, across
all channels, whatever the order in which the voiceprints arrive. So the speaker called S1 does not
depend on the speed of the machine.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sentivox.stream.jobs import Failed, Job, JobResult, VoiceJob
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
from sentivox.types import SAMPLE_RATE, Voiceprint
from sentivox.voice.speakers import Speakers

MIN_VOICE_S: Final = 1.0
"""Seconds of the shortest utterance with a voiceprint. Shorter ones identify nobody: their speaker
is null."""

Key = tuple[int, int]
"""Channel number and utterance id."""


@dataclass(slots=True, eq=False)
class _Entry:
    """An utterance in the queue for naming: `at` is the absolute sample of its endpoint."""

    key: Key
    at: int
    seconds: float
    result: JobResult | None = None


class SpeakerTracker:
    """Names the speakers of one session, across all its channels.

    Args:
        speakers: Assigns names to voiceprints.
    """

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers
        self._new: list[_Entry] = []
        self._queue: deque[_Entry] = deque()
        self._names: dict[Key, str | None] = {}
        self._failures: dict[Key, str] = {}

    def stage(self, channel: ChannelContext) -> Stage:
        """Make the speaker stage of one channel."""
        return SpeakerStage(channel, self)

    def add(self, key: Key, at: int, seconds: float) -> None:
        """Add an utterance that ended.

        Args:
            key: Channel and utterance.
            at: Absolute sample number at which the endpoint was decided.
            seconds: Duration of the utterance.
        """
        self._new.append(_Entry(key, at, seconds))

    def line_up(self) -> None:
        """Queue the utterances added since the last call, in the order of their endpoints.

        Call it only when all channels have been fed up to the same time.
        """
        self._queue.extend(sorted(self._new, key=lambda entry: (entry.at, entry.key)))
        self._new.clear()

    def take(self, key: Key, result: JobResult) -> None:
        """Take the result of an utterance's voice job, and name every speaker whose turn it is."""
        for entry in (*self._queue, *self._new):
            if entry.key == key:
                entry.result = result
        while self._queue and (voice := self._queue[0].result) is not None:
            entry = self._queue.popleft()
            match voice.value:
                case Voiceprint(embedding):
                    self._names[entry.key] = self._speakers.name(embedding, entry.seconds)
                case Failed(reason):
                    self._failures[entry.key] = f"speaker_failed:{reason}"
                case _:
                    self._failures[entry.key] = "speaker_failed:bad_result"

    def knows(self, key: Key) -> bool:
        """Whether an utterance's speaker is named, or the attempt has failed."""
        return key in self._names or key in self._failures

    def name(self, key: Key) -> str | None:
        """The speaker's name; None while unknown, and if no name could be given."""
        return self._names.get(key)

    def failure(self, key: Key) -> str | None:
        """The `degraded` code of a failed attempt; None if there was no failure."""
        return self._failures.get(key)

    def forget(self, key: Key) -> None:
        """Free the entry of an utterance after its last message."""
        self._names.pop(key, None)
        self._failures.pop(key, None)


class SpeakerStage:
    """Requests the voiceprints of one channel's utterances, and adds the speakers' names.

    Args:
        channel: State shared by the channel's stages.
        tracker: Names the speakers of the session.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext, tracker: SpeakerTracker) -> None:
        self._channel = channel
        self._tracker = tracker
        self._asked: set[int] = set()

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Request a voiceprint when an utterance ends, while its audio is still buffered."""
        key = self._channel.number, utterance.id
        match signal:
            case Ended():
                start, end = utterance.start, utterance.end or 0
                if end - start < MIN_VOICE_S * SAMPLE_RATE:
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

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take a voiceprint. This may also name earlier speakers, of any channel."""
        self._tracker.take((job.channel, job.utterance_id), result)
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """REVISION while the speaker's name is outstanding, otherwise NOTHING."""
        key = self._channel.number, utterance.id
        waiting = utterance.id in self._asked and not self._tracker.knows(key)
        return Awaited.REVISION if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the speaker's name, or the code of the failure."""
        key = self._channel.number, utterance.id
        draft.speaker = self._tracker.name(key)
        if (failure := self._tracker.failure(key)) is not None:
            draft.degraded.append(failure)


class KnownSpeakerStage:
    """Adds the speakers' names where they are known beforehand.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if it is known who speaks when."""
        return None if channel.turns is None else cls(channel)

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Do nothing: no job is needed."""
        del utterance, signal
        return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Do nothing: there are no jobs."""
        del job, result
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """NOTHING, always."""
        del utterance
        return Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the speaker's name."""
        draft.speaker = self._channel.speaker(utterance)
