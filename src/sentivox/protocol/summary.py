"""Parts of the `Summary` message: timeline, mood, moments, alerts, channel figures.

All times are seconds on the audio clock, and all scores are -1…1.
"""

from typing import Literal

import msgspec

from sentivox.protocol.alert_rules import Severity
from sentivox.protocol.sentiment import Label
from sentivox.protocol.shown import counted, mean, shown


class TimelinePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance on the timeline; score and label are None if it could not be scored."""

    channel: int
    utterance_id: int
    start: float
    end: float
    score: float | None
    label: Label | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance with the lowest or highest score.

    `weight`, 0…1, says how much it counts among the moments of the conversation: the size of its
    score times its confidence; None from servers before 0.3.
    """

    channel: int
    utterance_id: int
    start: float
    score: float
    transcript: str | None
    weight: float | None = None


class MoodPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The smoothed score, -1…1, after the utterance that ends at `t`.

    `channel` is None on the curve of all channels together.
    """

    t: float
    channel: int | None
    value: float


class TurningPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A lasting change of a speaker's mood, from `before` to `after`, extremes of its curve.

    `speaker` is None where a channel is taken for one speaker.

    The utterance is the one that moved the mood past the middle between them; it starts at `start`
    and ends at `t`. `weight`, 0…1, says how much the turn counts among the moments of the
    conversation: its change, 1 at most, times the confidence of that utterance. Both are None from
    servers before 0.3.
    """

    t: float
    channel: int
    utterance_id: int
    direction: Literal["better", "worse"]
    before: float
    after: float
    transcript: str | None
    speaker: str | None = None
    start: float | None = None
    weight: float | None = None


class Interruption(msgspec.Struct, frozen=True, kw_only=True):
    """Channel `by` began utterance `utterance_id` at `t`, while channel `of` was talking."""

    t: float
    by: int
    of: int
    utterance_id: int
    overlap_seconds: float


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time: it begins at `start` and lasts `seconds`."""

    start: float
    seconds: float


class FiredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that a rule gave at `t`, as its `Alert` message said."""

    t: float
    rule: str
    severity: Severity
    channel: int | None
    start: float
    why: str
    utterance_id: int | None = None


class ChannelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Figures for the utterances of one channel, or of the whole session (`channel` None).

    Those of one speaker name the `speaker` and the channel. `name` is the channel's name for
    people, "channel 1" for the first if it was given none, and `role` is "agent", "customer" or
    "other" if it was given. Both are None for the whole session and for a speaker.

    `counts` has every label, and sums to `utterances`; "unclear" counts those that could not be
    scored or are below `min_confidence`. `mean_score` is weighted by duration. `trend` is the slope
    of a least-squares line through the scores, in score per minute, and `trend_error` its standard
    error; None with fewer than three scored utterances or less than two minutes between the first
    and the last. The line stays within -1…1 over that time. `mood` is the latest smoothed score.
    `talk_ratio` is the channel's or speaker's share of all talk time, 0…1; None for the whole
    session, and if nobody spoke. `interruptions` is the number of interruptions that the channel
    made.

    `longest_monologue` is the longest run of speech with pauses under 3 s in which nobody else
    talks, and `patience` the median pause, in seconds, between the end of another's turn and the
    start of this one's; None without such. `questions` is the number of questions in the
    transcripts, and None if they show no punctuation; `words_per_minute` is over the time of the
    utterances with words, and counts each Chinese or Japanese character. `start_score` and
    `end_score` are mean scores over the first and the last third of the conversation, and
    `score_shift` is the second less the first; None without a score there. For the whole session,
    these are of all speakers together.
    """

    channel: int | None
    utterances: int
    counts: dict[str, int]
    talk_seconds: float
    mean_score: float | None
    trend: float | None
    most_negative: Moment | None
    most_positive: Moment | None
    trend_error: float | None = None
    mood: float | None = None
    talk_ratio: float | None = None
    interruptions: int = 0
    name: str | None = None
    role: str | None = None
    speaker: str | None = None
    longest_monologue: Span | None = None
    patience: float | None = None
    questions: int | None = None
    words_per_minute: float | None = None
    start_score: float | None = None
    end_score: float | None = None
    score_shift: float | None = None

    def __repr__(self) -> str:
        return shown(
            self,
            None if self.channel is None else f"channel={self.channel}",
            self.name or self.speaker,
            counted(self.utterances, "utterance"),
            mean(self.mean_score),
            f"{self.talk_seconds:.1f} s of talk",
        )
