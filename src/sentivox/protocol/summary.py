"""What `Summary` says of a conversation: what stands out, how it went, each channel in numbers."""

from typing import Literal

import msgspec

from sentivox.protocol.sentiment import Mood


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
