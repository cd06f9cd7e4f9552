"""A conversation in a few numbers, from its utterances. Pure functions."""

from collections.abc import Iterable, Sequence

import numpy as np

from sentivox.stream.events import ChannelSummary, Moment, TimelinePoint, Utterance
from sentivox.types import SENTIMENTS


def timeline(utterances: Iterable[Utterance]) -> list[TimelinePoint]:
    """One point an utterance, in the order of time."""
    return [
        TimelinePoint(
            channel=u.channel,
            utterance_id=u.utterance_id,
            start=u.start,
            end=u.end,
            score=u.fused_score,
            label=None if u.fused is None else u.fused.label,
        )
        for u in sorted(utterances, key=lambda u: (u.start, u.channel))
    ]


def summarise(utterances: Sequence[Utterance], channel: int | None) -> ChannelSummary:
    """What the utterances amount to.

    Args:
        utterances: The latest revision of each, of one channel or of all.
        channel: That channel, or None for all.
    """
    scored = [(u, u.fused_score) for u in utterances if u.fused_score is not None]
    counts = {label: sum(u.fused is not None and u.fused.label == label for u in utterances)
              for label in SENTIMENTS}  # fmt: skip
    lowest = min(scored, key=lambda pair: pair[1], default=None)
    highest = max(scored, key=lambda pair: pair[1], default=None)
    return ChannelSummary(
        channel=channel,
        utterances=len(utterances),
        counts=counts | {"unknown": len(utterances) - sum(counts.values())},
        talk_seconds=round(sum(u.end - u.start for u in utterances), 3),
        mean_score=_mean(scored),
        trend=_trend(scored),
        # A lowest moment above zero is no negative moment, nor the other way round.
        most_negative=None if lowest is None or lowest[1] >= 0 else _moment(*lowest),
        most_positive=None if highest is None or highest[1] <= 0 else _moment(*highest),
    )


def _mean(scored: Sequence[tuple[Utterance, float]]) -> float | None:
    weight = sum(u.end - u.start for u, _ in scored)
    if weight <= 0:
        return None
    return round(sum(score * (u.end - u.start) for u, score in scored) / weight, 4)


def _trend(scored: Sequence[tuple[Utterance, float]]) -> float | None:
    minutes = np.array([(u.start + u.end) / 120 for u, _ in scored])
    if len(scored) < 2 or float(np.ptp(minutes)) == 0:
        return None
    scores = np.array([score for _, score in scored])
    centred = minutes - minutes.mean()
    return round(float(centred @ scores / (centred @ centred)), 4)


def _moment(utterance: Utterance, score: float) -> Moment:
    return Moment(
        channel=utterance.channel,
        utterance_id=utterance.utterance_id,
        start=utterance.start,
        score=score,
        transcript=utterance.transcript,
    )
