"""Layout of a comparison, as numbers: days from left to right, folders and speakers as rows.

Horizontal positions are percentages, vertical ones pixels, as in `chart`. The server's pages lay
theirs out in the same way, in history-trend.js.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from sentivox.conversation.groups import Group
from sentivox.look import chart_spec
from sentivox.report.compare import By, Compared, Comparison

MOST: Final = 30
"""Most rows of folders or speakers in a chart; the table has all."""

_VOICE: Final = re.compile(r"S\d+")

_DATE_PERCENT: Final = 26
"""Share of the width of a phone that a date takes."""


class Mark(NamedTuple):
    """A group at its place.

    Attributes:
        compared: The group.
        x: Of a day: position in percent. Of others: position of the mean.
        low: Of others: position of the lower end of the interval, if there is one.
        high: Of others: position of the upper end.
    """

    compared: Compared
    x: float
    low: float | None = None
    high: float | None = None

    @property
    def group(self) -> Group:
        """The group's figures."""
        return self.compared.group


class DateTick(NamedTuple):
    """A date below a chart: position in percent, text, and "first" or "last" at the ends."""

    x: float
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A comparison with the places of its groups.

    Attributes:
        by: What recordings are grouped by.
        groups: All groups.
        marks: Those in the chart.
        path: SVG path through days, 0…`curve_units` across and -1…1 down.
        dates: Dates below days.
    """

    by: By
    groups: Sequence[Compared]
    marks: Sequence[Mark]
    path: str = ""
    dates: Sequence[DateTick] = ()

    @property
    def voices(self) -> bool:
        """Whether some groups are voices told apart within recordings, such as S1."""
        return self.by == "speaker" and any(_VOICE.fullmatch(g.group.key) for g in self.groups)


def across(score: float) -> float:
    """Horizontal position of a score in a row, in percent: there is room for dots at both ends."""
    return 50 + 47 * score


def pictured(comparison: Comparison) -> Picture:
    """Lay out a comparison."""
    if comparison.by == "day":
        return _over_time(comparison)
    marks = [
        Mark(
            one,
            across(one.group.mean_score),
            None if one.group.low is None else across(one.group.low),
            None if one.group.high is None else across(one.group.high),
        )
        for one in comparison.groups[:MOST]
    ]
    return Picture(comparison.by, comparison.groups, marks)


def _over_time(comparison: Comparison) -> Picture:
    days = [date.fromisoformat(one.group.key).toordinal() for one in comparison.groups]
    span = max(days[-1] - days[0], 1)
    marks = [
        Mark(one, 3 + 94 * (day - days[0]) / span)
        for day, one in zip(days, comparison.groups, strict=True)
    ]
    units = chart_spec().curve_units
    steps = (f"{units * mark.x / 100:.1f} {-mark.group.mean_score:.3f}" for mark in marks)
    path = "M" + "L".join(steps)
    return Picture("day", comparison.groups, marks, path, _dates(marks))


def _dates(marks: Sequence[Mark]) -> list[DateTick]:
    """The first date and the last, and those between for which there is room."""
    first, *between, last = marks
    ticks = [DateTick(first.x, first.group.key, "first")]
    taken = first.x + _DATE_PERCENT / 2  # the outermost stand inside
    for mark in between:
        if mark.x - taken >= _DATE_PERCENT and last.x - mark.x >= 1.5 * _DATE_PERCENT:
            ticks.append(DateTick(mark.x, mark.group.key))
            taken = mark.x
    return [*ticks, DateTick(last.x, last.group.key, "last")]
