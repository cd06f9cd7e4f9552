"""The interface of a stage: one kind of analysis, done for every utterance of a channel.

Tone, transcription, sentiment of the words and the speaker are stages. The stream signals to every
stage what happens to an utterance, and passes each stage's findings to all stages. A stage returns
jobs and events, takes the results of its jobs, and adds its part to the utterance's message. The
stream knows no stage by name. A new stage is a module in `stream.stages` and an entry in its
STAGES.
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
from sentivox.stream.jobs import Cancel, Job, JobResult
from sentivox.stream.protocols import ToneFeatures
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import Transcript
from sentivox.voice.turns import Turns
from sentivox.wording.channels import channel_label

Output = Event | Job | Cancel
"""What a stream returns to its shell (the code that runs it)."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An utterance began."""


@dataclass(frozen=True, slots=True)
class Hop:
    """Another hop of the utterance has passed; `at` is the absolute sample reached."""

    at: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Speech stopped at sample `end`, perhaps only for a pause; audio is known up to `limit`."""

    end: int
    limit: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Speech resumed after a pause."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance ended; its audio may be padded up to sample `limit`."""

    limit: int


@dataclass(frozen=True, slots=True)
class Discarded:
    """The utterance was too short and is dropped; no message will be sent for it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The utterance's last message was sent; its state can be freed."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Base class of what one stage finds out about an utterance for other stages to use."""

    utterance: OpenUtterance


Signal = Begun | Hop | Paused | Resumed | Ended | Discarded | Settled | Finding


class Awaited(Enum):
    """Whether a stage has a result outstanding for an utterance."""

    NOTHING = auto()
    """No result is outstanding."""
    REVISION = auto()
    """A result that delays no message: it follows in a later revision."""
    MESSAGE = auto()
    """A result that the utterance's next message has to wait for."""


@dataclass(slots=True, eq=False)
class Draft:
    """The next message of an utterance, to which every stage adds its part.

    Attributes:
        opinions: The sentiment according to each source, to be fused.
        transcript: What was said; None where there are no valid words.
        words: The words with their times, if requested.
        text_sentiment: Sentiment of the words.
        audio_sentiment: Sentiment of the tone of voice.
        emotion: Emotion named by the recogniser, one of EMOTIONS.
        events: Sounds named by the recogniser, such as "laughter".
        speaker: Name of the speaker.
        degraded: Codes of what is missing and why, such as "asr_failed:timeout".
        latency_ms: Milliseconds, keyed by the fields of `Latency`.
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

    def add_latency(self, what: str, milliseconds: float) -> None:
        """Add milliseconds to the latency named `what`."""
        self.latency_ms[what] = self.latency_ms.get(what, 0.0) + milliseconds


class Stage(Protocol):
    """One kind of analysis, done for every utterance of a channel. Sans-IO.

    Attributes:
        of_words: Whether the stage depends on the words. If the words are late, a first message
            is sent without the parts of these stages.
    """

    of_words: ClassVar[bool]

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Handle a signal about an utterance, or a finding of any stage about it."""
        ...

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take the result of one of this stage's jobs; never called for a cancelled job."""
        ...

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """Whether a result is outstanding for an utterance that has ended."""
        ...

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add this stage's part to an utterance's next message."""
        ...


class Jobs:
    """The jobs of one channel that are in progress, and the stage that each belongs to."""

    def __init__(self) -> None:
        self._stages: dict[int, Stage] = {}
        self._last = 0

    @property
    def idle(self) -> bool:
        """Whether no job is in progress."""
        return not self._stages

    def new(self, stage: Stage) -> int:
        """Register a new job of a stage and return its id."""
        self._last += 1
        self._stages[self._last] = stage
        return self._last

    def end(self, job_id: int) -> Stage | None:
        """Remove a job that is finished or cancelled.

        Returns:
            The job's stage; None if the job was already removed.
        """
        return self._stages.pop(job_id, None)


@dataclass(slots=True, eq=False, kw_only=True)
class ChannelContext:
    """State that the stages of one channel share.

    Attributes:
        number: Number of the channel in its session, from 0.
        config: The stream's settings.
        recording: The unfiltered audio, addressed by absolute sample numbers.
        voice: The same audio after the high-pass filter, as input for the models.
        features: Extractor of acoustic features, with the state of this stream.
        check_language: Have the recogniser check, in the first clear utterance, that the
            configured language is the one spoken. Only for recognisers that detect languages.
        utterance_tone: Have the tone of each utterance scored as a whole once it has ended.
        turns: Who speaks when, if known beforehand.
        jobs: The jobs in progress.
        level: The current level of degradation.
    """

    number: int
    config: StreamConfig
    recording: RingBuffer
    voice: HighPassed
    features: ToneFeatures
    check_language: bool = False
    utterance_tone: bool = False
    turns: Turns | None = None
    jobs: Jobs = field(default_factory=Jobs)
    level: Degradation = Degradation.NONE

    @property
    def label(self) -> str:
        """The label of the channel in text that people read."""
        return channel_label(self.number, self.config.channel_names, self.config.roles)

    def speaker(self, utterance: OpenUtterance) -> str | None:
        """Who speaks in an utterance, if known beforehand: whoever does where it begins.

        It ends where the speaker changes, so this does not depend on when it is asked.
        """
        return None if self.turns is None else self.turns.speaker(utterance.start)


StageFactory = Callable[[ChannelContext], Stage | None]
"""Makes the stage for a channel; None where the channel's settings do not call for it."""
