"""Every message of protocol v1, as plain typed data.

The same objects are the events of the Python API, the lines of `analyze --jsonl` and the
WebSocket messages: `encode(event)` is the one way to JSON. `session_id` and `seq` are stamped
by the Session; `t` is seconds on the audio clock, so it does not depend on how fast the
machine is.
"""

from typing import Any, Literal

import msgspec

from sentivox.protocol.begin import Applied, Limits, Models
from sentivox.protocol.sentiment import Fused, Label, Scores, Sentiment, ToneSentiment
from sentivox.protocol.summary import (
    ChannelSummary,
    Interruption,
    MoodPoint,
    TimelinePoint,
    TurningPoint,
)
from sentivox.protocol.words import Word

PROTOCOL_VERSION = "1.0"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every message carries."""

    session_id: str = ""
    seq: int = 0
    t: float = 0.0

    @property
    def type(self) -> str:
        """The message's name, as on the wire."""
        return str(self.__struct_config__.tag)


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Wall milliseconds. `total` runs from the endpoint decision to this message.

    `vad` is the time spent on voice activity over the whole utterance, `audio` the tone
    windows' mean, `queue` how long the transcription waited for a worker.
    """

    queue: float
    vad: float
    asr: float
    text: float
    audio: float
    fusion: float
    total: float


class Begin(Event, frozen=True, kw_only=True, tag="Begin"):
    """The session is open: what was asked for, as it will be applied.

    `resumed`: it goes on after a cut. `seq` is then what the client named as its last, the events
    after it follow, and the client sends its audio again from `audio_bytes` on.
    """

    protocol: str = PROTOCOL_VERSION
    config: Applied
    limits: Limits
    models: Models
    profile: str
    resumed: bool = False
    audio_bytes: int = 0


class SpeechStarted(Event, frozen=True, kw_only=True, tag="SpeechStarted"):
    """Somebody began to speak at `start`."""

    channel: int
    utterance_id: int
    start: float


class SpeechEnded(Event, frozen=True, kw_only=True, tag="SpeechEnded"):
    """They stopped at `end`, having begun at `start` (0 from servers before 0.2).

    `discarded`: too short to be an utterance; none will follow.
    """

    channel: int
    utterance_id: int
    start: float = 0.0
    end: float
    reason: Literal["silence", "soft_cut", "hard_cut", "finalize", "close"]
    discarded: bool = False


class AudioSentiment(Event, frozen=True, kw_only=True, tag="AudioSentiment"):
    """The tone of the window [start, end) of an utterance still going on."""

    channel: int
    utterance_id: int
    start: float
    end: float
    label: Label
    score: float
    scores: Scores
    emotions: Scores


class InterimTranscript(Event, frozen=True, kw_only=True, tag="InterimTranscript"):
    """The words so far of an utterance that is not over, at a pause in it, where asked for.

    They are never scored, may come out otherwise in the `Utterance`, and are in no summary.
    """

    channel: int
    utterance_id: int
    start: float
    end: float
    transcript: str
    language: str
    asr_confidence: float | None


class Utterance(Event, frozen=True, kw_only=True, tag="Utterance"):
    """One utterance's sentiment. A later `revision` of the same utterance replaces this one.

    `emotion` and `events` (sounds such as "laughter") are named by recognisers that can, and
    absent without the audio modality. `speaker` is an enrolled name, or S1, S2 … where speakers
    are told apart; it may come with a later revision, and `final` is false until then. `words`
    are those of the transcript with their times, one after the other, where they were asked for
    and the recogniser tells them.
    """

    channel: int
    utterance_id: int
    revision: int
    final: bool
    start: float
    end: float
    transcript: str | None
    language: str | None
    asr_confidence: float | None
    text_sentiment: Sentiment | None
    audio_sentiment: ToneSentiment | None
    fused_score: float | None
    fused: Fused | None
    latency_ms: Latency
    degraded: list[str]
    emotion: str | None = None
    events: list[str] = []
    speaker: str | None = None
    words: list[Word] | None = None


class Summary(Event, frozen=True, kw_only=True, tag="Summary"):
    """The session so far (on request) or whole (at the end).

    `mood` holds a curve a channel and one of all together (`channel` None), a point for each
    utterance that has a score. All lists are in the order of time. `words_missing` counts the
    utterances that have no words as the recogniser failed on them.
    """

    duration: float
    overall: ChannelSummary
    channels: list[ChannelSummary]
    timeline: list[TimelinePoint]
    mood: list[MoodPoint] = []
    turning_points: list[TurningPoint] = []
    interruptions: list[Interruption] = []
    words_missing: int = 0


class Warning(Event, frozen=True, kw_only=True, tag="Warning"):  # noqa: A001  (the wire's name)
    """Something was lost or ignored, and the session goes on."""

    code: str
    message: str
    detail: dict[str, Any] = {}


class Error(Event, frozen=True, kw_only=True, tag="Error"):
    """Something is wrong; `fatal` means that the connection closes after this.

    `retry_after_s` says when it may be worth connecting again; None where it is not.
    """

    code: str
    message: str
    fatal: bool
    retry_after_s: float | None = None


class Termination(Event, frozen=True, kw_only=True, tag="Termination"):
    """The last message."""

    audio_seconds: float
    utterances: int
    reason: str


Message = (
    Begin
    | SpeechStarted
    | SpeechEnded
    | AudioSentiment
    | InterimTranscript
    | Utterance
    | Summary
    | Warning
    | Error
    | Termination
)


def encode(event: Event) -> bytes:
    """JSON bytes of one event."""
    return msgspec.json.encode(event)


def decode(data: bytes | str) -> Message:
    """One event from its JSON.

    Raises:
        msgspec.ValidationError: not a message of protocol v1.
    """
    return msgspec.json.decode(data, type=Message)
