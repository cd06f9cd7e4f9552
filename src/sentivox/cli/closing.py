"""What stands at the end of `analyze`: a table over the recordings, and one sentence."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Self

from rich.text import Text

from sentivox.api.result import Result
from sentivox.cli.output import LABEL_COLOURS, score
from sentivox.cli.tables import Column, Fitted
from sentivox.cli.terminal import one_line
from sentivox.conversation.moments import turned_at
from sentivox.protocol.labels import tendency
from sentivox.protocol.summary import Moment, TurningPoint
from sentivox.wording.timecode import clock, length

_COUNTED = {"negative": "−", "neutral": "●", "positive": "+", "unclear": "?"}
"""The labels, as the heading of their counts names them."""

_NAME: Final = 32
"""Cells of a recording's name below which columns are left out before it is wrapped."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the end of the run tells of a recording.

    Attributes:
        file: Its path, as given.
        seconds: Its length.
        utterances: Number of utterances.
        counts: How many of them have each label.
        mean: Their mean score, -1…1; None if none is scored.
        mood: The mood at the end, -1…1.
        worst: The utterance with the lowest score.
        worse: The greatest turn for the worse.
        sentence: What one sentence says of it.
    """

    file: str
    seconds: float
    utterances: int
    counts: dict[str, int]
    mean: float | None
    mood: float | None
    worst: Moment | None
    worse: TurningPoint | None
    sentence: str

    @classmethod
    def of(cls, result: Result) -> Self:
        """What there is to tell of a result."""
        overall = result.summary.overall
        turns = [turn for turn in result.summary.turning_points if turn.direction == "worse"]
        return cls(
            one_line(result.file),
            result.duration,
            overall.utterances,
            overall.counts,
            overall.mean_score,
            overall.mood,
            overall.most_negative,
            min(turns, key=lambda turn: turn.after - turn.before, default=None),
            closing_sentence(result),
        )


def closing_sentence(result: Result) -> str:
    """One sentence on a recording, without its full stop: its name and its headline."""
    told = (result.summary.headline or {}).get("en", "no speech was found")
    return f"{_name(one_line(result.file))}: {one_line(told).removesuffix('.')}"


def sentence(outcomes: Sequence[Outcome], left_out: int) -> str:
    """One sentence on all recordings.

    Args:
        outcomes: What is told of those that were analysed, at least one.
        left_out: How many others could not be analysed.
    """
    if len(outcomes) == 1:
        told = outcomes[0].sentence
    else:
        total = length(sum(one.seconds for one in outcomes))
        told = f"{len(outcomes)} recordings, {total}: {_lowest(outcomes)}"
    return f"{told}; {left_out} could not be analysed." if left_out else f"{told}."


def _lowest(outcomes: Sequence[Outcome]) -> str:
    scored = [(one.mean, one) for one in outcomes if one.mean is not None]
    if not scored:
        return "nothing in them could be scored"
    mean, one = min(scored, key=lambda pair: pair[0])
    what = "most negative is" if mean < 0 else "none is negative on the whole; lowest is"
    turning = "" if one.worse is None else f", turning at {clock(turned_at(one.worse))}"
    return f"{what} {_name(one.file)} ({mean:+.2f}){turning}"


def table(outcomes: Sequence[Outcome]) -> Fitted:
    """A table with a row per recording."""
    names = _distinct([one.file for one in outcomes])
    return Fitted(
        [
            Column("recording", [Text(name) for name in names], wraps="rest"),
            Column("length", [Text(clock(one.seconds)) for one in outcomes], "right", spare=2),
            Column("utterances", [Text(str(one.utterances)) for one in outcomes], "right", spare=4),
            _counts(outcomes),
            Column("mean", [_coloured(one.mean) for one in outcomes], "right"),
            Column("at end", [_coloured(one.mood) for one in outcomes], "right", spare=1),
            Column(
                "lowest",
                [_moment(one.worst, timed=True) for one in outcomes],
                "right",
                short=[_moment(one.worst, timed=False) for one in outcomes],
                spare=3,
            ),
        ]
    )


def _counts(outcomes: Sequence[Outcome]) -> Column:
    """The number of utterances of each label, in one column, each number under its sign."""
    width = max(len(str(n)) for one in outcomes for n in (0, *one.counts.values()))
    cells: list[Text] = []
    for one in outcomes:
        cell = Text()
        for label in _COUNTED:
            count = one.counts.get(label, 0)
            style = LABEL_COLOURS[label] if count else "dim"
            cell.append(" " * bool(cell)).append(f"{count:>{width}}", style)
        cells.append(cell)
    return Column(" ".join(f"{sign:>{width}}" for sign in _COUNTED.values()), cells)


def _coloured(value: float | None) -> Text:
    return score(value, tendency(value))


def _moment(worst: Moment | None, *, timed: bool) -> Text:
    if worst is None:
        return score(None)
    at = Text(clock(worst.start))
    return Text.assemble(_coloured(worst.score), " at ", at) if timed else at


def _distinct(files: Sequence[str]) -> list[str]:
    """The names of files, each with as much of its path as tells it from the others."""
    if len({_name(file) for file in files}) == len(files):
        return [_name(file) for file in files]
    try:
        return [os.path.relpath(file, os.path.commonpath(files)) for file in files]
    except ValueError:  # some are absolute, and others not
        return list(files)


def _name(file: str) -> str:
    return PurePath(file).name or file
