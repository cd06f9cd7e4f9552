"""Every message of protocol v1, as plain typed data.

The same objects are the events of the Python API, the lines of `analyze --jsonl` and the
WebSocket messages: `encode(event)` is the one way to JSON. `session_id` and `seq` are stamped
by the Session; `t` is seconds on the audio clock, so it does not depend on how fast the
machine is.
"""

from typing import Any, Literal

import msgspec

from sentivox.stream.greeting import Applied, Limits, Models

PROTOCOL_VERSION = "1.0"

Label = Literal["negative", "neutral", "positive"]
Mood = Literal["negative", "neutral", "positive", "unknown"]
Scores = dict[str, float]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every message carries."""

    session_id: str = ""
    seq: int = 0
    t: float = 0.0

    @property
    def type(self) -> str:
        """The message's name, as on the wire."""
        return str(self.__struct_config__.tag)


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """One modality's opinion: score = p(positive) - p(negative), -1…1."""

    label: Label
    score: float
    scores: Scores


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest tone window of an utterance: its end time and score."""

    t: float
    score: float


class ToneSentiment(Sentiment, frozen=True, kw_only=True):
    """The tone of a whole utterance: the mean of its windows, and the strongest of them."""

    emotions: Scores
    peak: Peak


class Fused(msgspec.Struct, frozen=True, kw_only=True):
    """Both modalities together. A missing modality has weight 0; weights sum to 1.

    Where the recogniser named an emotion, that third opinion has a weight too, "emotion".
    `confidence` is the calibrated probability of the likeliest class. Where it is below the
    stream's `min_confidence` the label is "unknown", and all else stays as it is. `agreement` is
    None where only one modality spoke.
    """

    label: Mood
    scores: Scores
    weights: Scores
    confidence: float
    agreement: bool | None


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
    """They stopped at `end`. `discarded`: too short to be an utterance; none will follow."""

    channel: int
    utterance_id: int
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


class Utterance(Event, frozen=True, kw_only=True, tag="Utterance"):
    """One utterance's sentiment. A later `revision` of the same utterance replaces this one.

    `emotion` and `events` (sounds such as "laughter") are named by recognisers that can, and
    absent without the audio modality. `speaker` is an enrolled name, or S1, S2 … where speakers
    are told apart; it may come with a later revision, and `final` is false until then.
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


class TimelinePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance on the timeline; score and label are None where nothing could be said."""

    channel: int
    utterance_id: int
    start: float
    end: float
    score: float | None
    label: Mood | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance that stands out."""

    channel: int
    utterance_id: int
    start: float
    score: float
    transcript: str | None


class MoodPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The smoothed score, -1…1, once the utterance that ends at `t` is in.

    `channel` is None on the curve of all channels together.
    """

    t: float
    channel: int | None
    value: float


class TurningPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's mood changed for good: `before` and `after` are the extremes of its curve.

    The utterance is the one that carried the mood past half way between them; it ends at `t`.
    """

    t: float
    channel: int
    utterance_id: int
    direction: Literal["better", "worse"]
    before: float
    after: float
    transcript: str | None


class Interruption(msgspec.Struct, frozen=True, kw_only=True):
    """At `t` channel `by` began utterance `utterance_id` while channel `of` was talking."""

    t: float
    by: int
    of: int
    utterance_id: int
    overlap_seconds: float


class ChannelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One channel's, or the whole session's, utterances in a few numbers.

    `counts` has every label, and sums to `utterances`; "unknown" are those of which nothing could
    be said, or only with less than `min_confidence`. `mean_score` is weighted by duration. `trend`
    is the slope of a least-squares line through the scores, in score per minute; None with fewer
    than two scored utterances. `mood` is where the smoothed score stands now. `talk_ratio` is the
    channel's share of all channels' talk time; None of the whole session, and where nobody spoke.
    `interruptions` are those that the channel made.
    """

    channel: int | None
    utterances: int
    counts: dict[str, int]
    talk_seconds: float
    mean_score: float | None
    trend: float | None
    most_negative: Moment | None
    most_positive: Moment | None
    mood: float | None = None
    talk_ratio: float | None = None
    interruptions: int = 0


class Summary(Event, frozen=True, kw_only=True, tag="Summary"):
    """The session so far (on request) or whole (at the end).

    `mood` holds a curve a channel and one of all together (`channel` None), a point for each
    utterance that has a score. All lists are in the order of time.
    """

    duration: float
    overall: ChannelSummary
    channels: list[ChannelSummary]
    timeline: list[TimelinePoint]
    mood: list[MoodPoint] = []
    turning_points: list[TurningPoint] = []
    interruptions: list[Interruption] = []


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
