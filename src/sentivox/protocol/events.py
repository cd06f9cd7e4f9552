"""The server's messages of protocol v1, as plain typed data.

The same objects are the events of the Python API, the lines of `analyze --jsonl` and the WebSocket
messages; `encode` turns them into JSON. All times are seconds on the audio clock, from the start
of the stream, and so do not depend on the speed of the machine.
"""

from typing import Any, Literal

import msgspec

from sentivox.protocol.alert_rules import Severity
from sentivox.protocol.begin import Applied, Limits, Models
from sentivox.protocol.sentiment import Fused, Label, Scores, Sentiment, ToneSentiment
from sentivox.protocol.shown import counted, judged, mean, quoted, shown, span
from sentivox.protocol.summary import (
    ChannelSummary,
    FiredAlert,
    Interruption,
    MoodPoint,
    Span,
    TimelinePoint,
    TurningPoint,
)
from sentivox.protocol.words import Word

PROTOCOL_VERSION = "1.0"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Fields of every message: the session's id, its sequence number, and seconds of audio."""

    session_id: str = ""
    seq: int = 0
    t: float = 0.0

    @property
    def type(self) -> str:
        """The name of the message, as on the wire."""
        return str(self.__struct_config__.tag)


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Latencies in wall milliseconds. `total` runs from the endpoint decision to this message.

    `vad` is the time spent on voice activity detection over the whole utterance, `audio` the mean
    over its tone windows, and `queue` the time that the transcription waited for a worker.
    """

    queue: float
    vad: float
    asr: float
    text: float
    audio: float
    fusion: float
    total: float


class Begin(Event, frozen=True, kw_only=True, tag="Begin"):
    """The session is open, with these options, limits and models.

    If `resumed`, the session continues after a lost connection. `seq` is then the client's
    `last_seq`, the events after that one follow, and the client sends its audio again from byte
    `audio_bytes` on.
    """

    protocol: str = PROTOCOL_VERSION
    config: Applied
    limits: Limits
    models: Models
    profile: str
    resumed: bool = False
    audio_bytes: int = 0


class SpeechStarted(Event, frozen=True, kw_only=True, tag="SpeechStarted"):
    """Speech began at `start` seconds."""

    channel: int
    utterance_id: int
    start: float


class SpeechEnded(Event, frozen=True, kw_only=True, tag="SpeechEnded"):
    """Speech ended at `end`, having begun at `start` (0 from servers before 0.2), in seconds.

    If `discarded`, it was too short to be an utterance, and no Utterance follows.
    """

    channel: int
    utterance_id: int
    start: float = 0.0
    end: float
    reason: Literal["silence", "soft_cut", "hard_cut", "finalize", "close"]
    discarded: bool = False


class AudioSentiment(Event, frozen=True, kw_only=True, tag="AudioSentiment"):
    """The tone of a window [start, end), in seconds, of the utterance in progress.

    The label of less than 1.5 s is "unclear": the utterance has only just begun.
    """

    channel: int
    utterance_id: int
    start: float
    end: float
    label: Label
    score: float
    scores: Scores
    emotions: Scores

    def __repr__(self) -> str:
        place = span(self.start, self.end)
        return shown(self, place, f"channel={self.channel}", judged(self.label, self.score))


class InterimTranscript(Event, frozen=True, kw_only=True, tag="InterimTranscript"):
    """The words so far of the utterance in progress, sent at a pause if requested.

    They are never scored, may differ from those of the final `Utterance`, and are in no summary.
    """

    channel: int
    utterance_id: int
    start: float
    end: float
    transcript: str
    language: str
    asr_confidence: float | None


class Utterance(Event, frozen=True, kw_only=True, tag="Utterance"):
    """The sentiment of one utterance. A later `revision` of the same utterance replaces it.

    `emotion` and `events` (sounds such as "laughter") come from recognisers that report them, and
    are empty without the audio modality. `speaker` is an enrolled name, or S1, S2 … where speakers
    are told apart; it may follow in a later revision, and `final` is false until then. `words` are
    the words of the transcript with their times, without overlap, if requested and supported by
    the recogniser. `degraded` holds codes of what is missing and why.
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

    def __repr__(self) -> str:
        return shown(
            self,
            span(self.start, self.end),
            f"channel={self.channel}",
            self.speaker,
            judged(self.fused.label if self.fused else None, self.fused_score),
            None if self.final else "not final",
            quoted(self.transcript),
        )


class Alert(Event, frozen=True, kw_only=True, tag="Alert"):
    """A rule became true at `t` seconds, for what began at `start`.

    `why` is one sentence with the figures, in English. `channel` is None if the alert is about no
    channel in particular, and `utterance_id` if no utterance of that channel decided it.
    """

    rule: str
    severity: Severity
    channel: int | None
    start: float
    why: str
    utterance_id: int | None = None

    def __repr__(self) -> str:
        return shown(self, f"{self.t:.1f} s", self.rule, self.severity, quoted(self.why))

    @property
    def fired(self) -> FiredAlert:
        """The alert as it stands in a Summary."""
        return FiredAlert(**{name: getattr(self, name) for name in FiredAlert.__struct_fields__})


class Summary(Event, frozen=True, kw_only=True, tag="Summary"):
    """A summary of the session so far (on request), or of the whole session (at its end).

    `mood` holds one curve per channel and one of all channels together (`channel` None), with a
    point for each utterance that has a score. All lists are in order of time. `words_missing` is
    the number of utterances without words because the recogniser failed on them. `speakers` holds
    the figures of each speaker, by channel and in the order in which they first spoke, where
    several are told apart in one channel; otherwise it is empty. `silence_seconds` is the time in
    which nobody talks between the first utterance and the last, `silence_ratio` its share of that
    time, 0…1 (None if nobody spoke), and `longest_silence` its longest stretch (None without any).
    `alerts` are the latest alerts. `escalation` is the probability, 0…1, that the conversation, if
    it goes on for half as long again, gets worse, and bad; None unless that was fitted to the
    server's store (`sentivox store escalation`), and if too little was said. `headline` says in a
    sentence or two what happened, by language ("en", "zh"); None from servers before 0.3, and while
    there is nothing to say. It quotes at most a few words, and never numbers or addresses.
    """

    duration: float
    overall: ChannelSummary
    channels: list[ChannelSummary]
    timeline: list[TimelinePoint]
    mood: list[MoodPoint] = []
    turning_points: list[TurningPoint] = []
    interruptions: list[Interruption] = []
    words_missing: int = 0
    speakers: list[ChannelSummary] = []
    silence_seconds: float = 0.0
    silence_ratio: float | None = None
    longest_silence: Span | None = None
    alerts: list[FiredAlert] = []
    escalation: float | None = None
    headline: dict[str, str] | None = None

    def __repr__(self) -> str:
        return shown(
            self,
            f"{self.duration:.1f} s",
            counted(len(self.channels), "channel"),
            counted(self.overall.utterances, "utterance"),
            mean(self.overall.mean_score),
            counted(len(self.turning_points), "turning point"),
            counted(len(self.alerts), "alert") if self.alerts else None,
        )


class Warning(Event, frozen=True, kw_only=True, tag="Warning"):  # noqa: A001  (the wire's name)
    """Something was lost, ignored or is in doubt; the session goes on."""

    code: str
    message: str
    detail: dict[str, Any] = {}


class Error(Event, frozen=True, kw_only=True, tag="Error"):
    """An error. If it is `fatal`, the connection closes after this message.

    `retry_after_s` is the number of seconds after which to connect again; None if retrying is of no
    use.
    """

    code: str
    message: str
    fatal: bool
    retry_after_s: float | None = None


class Termination(Event, frozen=True, kw_only=True, tag="Termination"):
    """The session is over. This is the last message."""

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
    | Alert
    | Summary
    | Warning
    | Error
    | Termination
)


def encode(event: Event) -> bytes:
    """Encode one event as JSON, in UTF-8."""
    return msgspec.json.encode(event)


def decode(data: bytes | str) -> Message:
    """Decode one event from JSON.

    Raises:
        msgspec.DecodeError: The data is not JSON.
        msgspec.ValidationError: It is not a message of protocol v1.
    """
    return msgspec.json.decode(data, type=Message)
