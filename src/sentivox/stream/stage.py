"""What a stage is: one thing that is found out about every utterance of a channel.

Tone, words, sentiment of the words, the speaker: each is a stage. The stream tells every stage
what happens to an utterance, and every stage what another has found; a stage answers with jobs
and events, takes its jobs' results, and adds what it knows to the utterance's message. None
knows another, and the stream knows none of them by name. A new one is a module in
`stream.stages` and a line in its STAGES.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import ClassVar, Protocol

from sentivox.audio.highpass import HighPassed
from sentivox.audio.ring import RingBuffer
from sentivox.fusion.opinion import Opinion
from sentivox.protocol.events import Event
from sentivox.protocol.sentiment import Sentiment, ToneSentiment
from sentivox.protocol.words import Word
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Cancel, Job, Result
from sentivox.stream.protocols import ToneFeatures
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import Transcript

Output = Event | Job | Cancel
"""What a stream hands to its shell."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody began to speak."""


@dataclass(frozen=True, slots=True)
class Hop:
    """Speech has gone on for another hop, until sample `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Speech stopped at `end`, perhaps for good; there is audio until `limit`."""

    end: int
    limit: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Speech came back after a pause."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over; its audio may be padded up to `limit`."""

    limit: int


@dataclass(frozen=True, slots=True)
class Discarded:
    """It was too short to be an utterance: nothing more will be said of it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Its last message is out: it can be forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What one stage has found out about an utterance and other stages may build on."""

    utterance: OpenUtterance


Signal = Begun | Hop | Paused | Resumed | Ended | Discarded | Settled | Finding


class Awaited(Enum):
    """Whether more is to come from a stage."""

    NOTHING = auto()
    REVISION = auto()
    """Something that keeps no message waiting: it goes out as a later revision."""
    MESSAGE = auto()
    """Something that the utterance's message waits for."""


@dataclass(slots=True, eq=False)
class Draft:
    """An utterance's next message, to which every stage adds what it knows.

    Attributes:
        opinions: What each source says of the sentiment, to be fused.
        transcript: What was said; None where that is not known, or nothing was.
        words: The same word by word, with times, where they were asked for.
        text_sentiment: Of the words.
        audio_sentiment: Of the voice.
        emotion: Named by the recogniser.
        events: Sounds that it named, such as "laughter".
        speaker: Who speaks.
        degraded: What is missing, and why.
        latency_ms: Milliseconds by the fields of `Latency`.
    """

    opinions: list[Opinion] = field(default_factory=list[Opinion])
    transcript: Transcript | None = None
    words: list[Word] | None = None
    text_sentiment: Sentiment | None = None
    audio_sentiment: ToneSentiment | None = None
    emotion: str | None = None
    events: Sequence[str] = ()
    speaker: str | None = None
    degraded: list[str] = field(default_factory=list[str])
    latency_ms: dict[str, float] = field(default_factory=dict[str, float])

    def took(self, what: str, milliseconds: float) -> None:
        """Add to a latency."""
        self.latency_ms[what] = self.latency_ms.get(what, 0.0) + milliseconds


class Stage(Protocol):
    """One thing that is found out about every utterance of a channel. Pure.

    Attributes:
        of_words: It builds on the words. Where those keep the user waiting, a first message goes
            out without any such stage.
    """

    of_words: ClassVar[bool]

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Take what happened to an utterance, or what another stage has found out about it."""
        ...

    def resolve(self, job: Job, result: Result) -> Sequence[Output | Finding]:
        """Take what became of a job of this stage; of a cancelled one nothing comes."""
        ...

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """Whether more is to come of an utterance that has ended."""
        ...

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add what is known of an utterance to its message."""
        ...


class Jobs:
    """The jobs of one channel that are under way, and whose each is."""

    def __init__(self) -> None:
        self._stages: dict[int, Stage] = {}
        self._last = 0

    @property
    def idle(self) -> bool:
        """None is under way."""
        return not self._stages

    def new(self, stage: Stage) -> int:
        """The id of a new job of this stage."""
        self._last += 1
        self._stages[self._last] = stage
        return self._last

    def end(self, job_id: int) -> Stage | None:
        """A job is over or no longer wanted; whose it was, None if it had ended before."""
        return self._stages.pop(job_id, None)


@dataclass(slots=True, eq=False, kw_only=True)
class ChannelContext:
    """What the stages of one channel share.

    Attributes:
        number: In its session, from 0.
        config: The stream's settings.
        recording: The audio as it came; samples are absolute.
        voice: The same through the high-pass, as the models hear it.
        features: Acoustic features, with this stream's state.
        check_language: The recogniser can tell languages apart: ask it in the first clear
            utterance whether the one that was named is spoken.
        jobs: Those under way.
        level: What to do without at the moment.
    """

    number: int
    config: StreamConfig
    recording: RingBuffer
    voice: HighPassed
    features: ToneFeatures
    check_language: bool = False
    jobs: Jobs = field(default_factory=Jobs)
    level: Degradation = Degradation.NONE


StageFactory = Callable[[ChannelContext], Stage | None]
"""Makes a channel's stage; None where its settings do not ask for it."""
