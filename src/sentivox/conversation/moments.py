"""How much the moments of a conversation weigh, and their order. Pure functions.

The heaviest come first, so that the first few say what happened. `server/static/moments.js` has
the same rule for a page that goes on listening.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.summary import FiredAlert, Interruption, Moment, TurningPoint

SHOWN: Final = 12
"""Most moments shown; the exports have all."""

WEIGHTS: Final[Mapping[str, float]] = {
    "critical": 1.0, "warning": 0.6, "info": 0.3, "interruption": 0.1,
}  # fmt: skip
"""The weights, 0…1, of alerts by their severity, and of interruptions."""

Kind = Literal[
    "worse", "better", "most_negative", "most_positive", "critical", "warning", "info",
    "interruption",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notable:
    """A moment: when, what, and its weight, 0…1; `of` is the part of the Summary that tells it."""

    t: float
    kind: Kind
    weight: float
    of: TurningPoint | Moment | FiredAlert | Interruption


def turn_weight(before: float, after: float, utterance: Utterance | None) -> float:
    """The weight of a turning point: its change, 1 at most, times its utterance's confidence."""
    return round(_change(before, after) * _confidence(utterance), 4)


def extreme_weight(score: float, utterance: Utterance | None) -> float:
    """The weight of a lowest or highest score: its size, times the confidence of its utterance."""
    return round(abs(score) * _confidence(utterance), 4)


def _change(before: float, after: float) -> float:
    return min(abs(after - before), 1.0)


def _confidence(utterance: Utterance | None) -> float:
    fused = None if utterance is None else utterance.fused
    return 1.0 if fused is None else fused.confidence


def moments(summary: Summary) -> list[Notable]:
    """All moments of a summary, the heaviest first, and of those that weigh the same the earliest.

    Weights are missing from older servers; a turning point then counts as its change, and an
    extreme as its score.
    """
    extremes: Sequence[tuple[Kind, Moment | None]] = (
        ("most_negative", summary.overall.most_negative),
        ("most_positive", summary.overall.most_positive),
    )
    found = [
        *(
            Notable(turned_at(p), p.direction, _known(p.weight, _change(p.before, p.after)), p)
            for p in summary.turning_points
        ),
        *(
            Notable(m.start, kind, _known(m.weight, abs(m.score)), m)
            for kind, m in extremes
            if m is not None
        ),
        *(Notable(a.t, a.severity, WEIGHTS[a.severity], a) for a in summary.alerts),
        *(Notable(i.t, "interruption", WEIGHTS["interruption"], i) for i in summary.interruptions),
    ]
    return sorted(found, key=lambda one: (-one.weight, one.t))


def turned_at(point: TurningPoint) -> float:
    """When people see that a mood turned: where its utterance starts, in seconds."""
    return point.t if point.start is None else point.start


def _known(weight: float | None, otherwise: float) -> float:
    return otherwise if weight is None else weight
