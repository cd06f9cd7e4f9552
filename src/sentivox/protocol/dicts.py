"""The same data as dictionaries, as JSON has it: types for editors and type checkers.

Each is what `msgspec.to_builtins` makes of the struct of the same name without `Dict`, whose
docstring gives units and meanings. Documents from older versions may lack some keys.
"""

from typing import Literal, TypedDict

from sentivox.protocol.alert_rules import Severity
from sentivox.protocol.sentiment import Label, Scores


class SentimentDict(TypedDict):
    """A `Sentiment`: that of the words."""

    label: Label
    score: float
    scores: Scores


class PeakDict(TypedDict):
    """A `Peak`."""

    t: float
    score: float


class ToneSentimentDict(SentimentDict):
    """A `ToneSentiment`."""

    emotions: Scores
    peak: PeakDict


class FusedDict(TypedDict):
    """A `Fused` sentiment: that of words and tone together."""

    label: Label
    scores: Scores
    weights: Scores
    confidence: float
    agreement: bool | None


class LatencyDict(TypedDict):
    """A `Latency`, in milliseconds."""

    queue: float
    vad: float
    asr: float
    text: float
    audio: float
    fusion: float
    total: float


class WordDict(TypedDict):
    """A `Word` with its times."""

    word: str
    start: float
    end: float
    confidence: float | None


class EventDict(TypedDict):
    """What every message has but its type."""

    session_id: str
    seq: int
    t: float


class UtteranceDict(EventDict):
    """An `Utterance`."""

    type: Literal["Utterance"]
    channel: int
    utterance_id: int
    revision: int
    final: bool
    start: float
    end: float
    transcript: str | None
    language: str | None
    asr_confidence: float | None
    text_sentiment: SentimentDict | None
    audio_sentiment: ToneSentimentDict | None
    fused_score: float | None
    fused: FusedDict | None
    latency_ms: LatencyDict
    degraded: list[str]
    emotion: str | None
    events: list[str]
    speaker: str | None
    words: list[WordDict] | None


class TimelinePointDict(TypedDict):
    """A `TimelinePoint`."""

    channel: int
    utterance_id: int
    start: float
    end: float
    score: float | None
    label: Label | None


class MomentDict(TypedDict):
    """A `Moment`."""

    channel: int
    utterance_id: int
    start: float
    score: float
    transcript: str | None
    weight: float | None


class MoodPointDict(TypedDict):
    """A `MoodPoint`."""

    t: float
    channel: int | None
    value: float


class TurningPointDict(TypedDict):
    """A `TurningPoint`."""

    t: float
    channel: int
    utterance_id: int
    direction: Literal["better", "worse"]
    before: float
    after: float
    transcript: str | None
    speaker: str | None
    start: float | None
    weight: float | None


class InterruptionDict(TypedDict):
    """An `Interruption`."""

    t: float
    by: int
    of: int
    utterance_id: int
    overlap_seconds: float


class SpanDict(TypedDict):
    """A `Span`."""

    start: float
    seconds: float


class FiredAlertDict(TypedDict):
    """A `FiredAlert`."""

    t: float
    rule: str
    severity: Severity
    channel: int | None
    start: float
    why: str
    utterance_id: int | None


class ChannelSummaryDict(TypedDict):
    """A `ChannelSummary`."""

    channel: int | None
    utterances: int
    counts: dict[str, int]
    talk_seconds: float
    mean_score: float | None
    trend: float | None
    most_negative: MomentDict | None
    most_positive: MomentDict | None
    trend_error: float | None
    mood: float | None
    talk_ratio: float | None
    interruptions: int
    name: str | None
    role: str | None
    speaker: str | None
    longest_monologue: SpanDict | None
    patience: float | None
    questions: int | None
    words_per_minute: float | None
    start_score: float | None
    end_score: float | None
    score_shift: float | None


class SummaryDict(EventDict):
    """A `Summary`."""

    type: Literal["Summary"]
    duration: float
    overall: ChannelSummaryDict
    channels: list[ChannelSummaryDict]
    timeline: list[TimelinePointDict]
    mood: list[MoodPointDict]
    turning_points: list[TurningPointDict]
    interruptions: list[InterruptionDict]
    words_missing: int
    speakers: list[ChannelSummaryDict]
    silence_seconds: float
    silence_ratio: float | None
    longest_silence: SpanDict | None
    alerts: list[FiredAlertDict]
    escalation: float | None
    headline: dict[str, str] | None
