"""Where everything goes on a report's charts. Numbers only: the templates write the SVG.

Across, positions are percent, so that a chart fits any width while its text keeps its size;
up and down they are pixels. Only waves and moods, which are paths, live in a square of their own
that is stretched to fit.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.summary import MoodPoint, TurningPoint
from sentivox.report.document import ChannelDocument, Document
from sentivox.report.waveform import Envelope
from sentivox.wording.timecode import clock

ROW_S: Final = 600.0
"""Longest time on one row: an utterance of 3 s is then still half a percent of it."""

COLUMNS: Final = 400
"""Strokes of a wave on one row."""

HALF_PX: Final = 30.0
"""A score of 1 as a bar."""

TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120)
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis: where, in percent, and what it says."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """An utterance on a row: percent across; its score as pixels from the middle, down is more."""

    utterance: Utterance
    label: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Wave:
    """The strokes of one colour, as a path in a square of COLUMNS across and -1…1 down."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class TurnMark:
    """A turning point on a row, percent across."""

    x: float
    point: TurningPoint


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel on a row; `mood` is a path in a square of 1000 across and -1…1 down, or ""."""

    channel: int
    waves: Sequence[Wave]
    bars: Sequence[Bar]
    mood: str
    turns: Sequence[TurnMark]


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the recording, [start, end) seconds, all channels below each other."""

    start: float
    end: float
    ticks: Sequence[Tick]
    lanes: Sequence[Lane]


@dataclass(frozen=True, slots=True)
class LoudnessBin:
    """Scores in [low, high): how many of which label, and the share of the fullest bin's height."""

    low: float
    high: float
    counts: dict[str, int]
    share: float


def label_of(utterance: Utterance) -> str:
    """The fused label, or "unknown"."""
    return "unknown" if utterance.fused is None else utterance.fused.label


def rows(result: Document, envelope: Envelope) -> list[Row]:
    """The recording cut into rows of equal length."""
    count = max(1, math.ceil(result.duration / ROW_S))
    edges = np.linspace(0.0, max(result.duration, 1e-3), count + 1).tolist()
    return [_row(start, end, result, envelope) for start, end in pairwise(edges)]


def histogram(utterances: Iterable[Utterance], labels: Sequence[str]) -> list[LoudnessBin]:
    """How often which fused score came, from -1 to 1, stacked by label."""
    scored = [(u.fused_score, label_of(u)) for u in utterances if u.fused_score is not None]
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    places = np.clip(np.digitize([s for s, _ in scored], edges) - 1, 0, BINS - 1)
    counts = [
        {name: sum(p == i and label == name for p, (_, label) in zip(places, scored, strict=True))
         for name in labels}
        for i in range(BINS)
    ]  # fmt: skip
    most = max((sum(c.values()) for c in counts), default=0)
    return [
        LoudnessBin(float(low), float(high), c, sum(c.values()) / most if most else 0.0)
        for low, high, c in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _row(start: float, end: float, result: Document, envelope: Envelope) -> Row:
    step = next((s for s in TICKS_S if (end - start) / s <= 10), TICKS_S[-1])
    whole = range(math.ceil(start / step) * step, math.ceil(end), step)
    # The last one would run out of the picture.
    ticks = [Tick(100 * (t - start) / (end - start), clock(t).partition(".")[0]) for t in whole]
    return Row(
        start,
        end,
        [tick for tick in ticks if tick.x < 97],
        [_lane(channel, result.summary, start, end, envelope) for channel in result.channels],
    )


def _lane(
    channel: ChannelDocument, summary: Summary, start: float, end: float, envelope: Envelope
) -> Lane:
    here = [u for u in channel.utterances if u.start < end and u.end > start]
    peaks = envelope.columns(channel.channel, np.linspace(start, end, COLUMNS + 1))
    return Lane(
        channel=channel.channel,
        waves=list(_waves(here, peaks, start, (end - start) / COLUMNS)),
        bars=[_bar(u, start, end) for u in here],
        mood=_curve([p for p in summary.mood if p.channel == channel.channel], start, end),
        turns=[
            TurnMark(100 * (p.t - start) / (end - start), p)
            for p in summary.turning_points
            if p.channel == channel.channel and start <= p.t < end
        ],
    )


def _curve(points: Sequence[MoodPoint], start: float, end: float) -> str:
    """A line through the points, which runs on beyond the row where there are more."""
    first = max(sum(p.t < start for p in points) - 1, 0)
    last = len(points) - max(sum(p.t > end for p in points) - 1, 0)
    steps = (
        f"{1000 * (p.t - start) / (end - start):.1f} {-p.value:.3f}" for p in points[first:last]
    )
    path = " ".join(steps)
    return f"M{path}" if path else ""


def _bar(u: Utterance, start: float, end: float) -> Bar:
    left, right = max(u.start, start), min(u.end, end)
    length = (u.fused_score or 0.0) * HALF_PX
    return Bar(
        utterance=u,
        label=label_of(u),
        x=100 * (left - start) / (end - start),
        width=100 * (right - left) / (end - start),
        y=HALF_PX - max(length, 0.0),
        height=max(abs(length), 1.5),
    )


def _waves(
    utterances: Sequence[Utterance], peaks: Iterable[float], start: float, step: float
) -> Iterator[Wave]:
    """The columns of each label, and those of silence, as one path each."""
    strokes: dict[str, list[str]] = {}
    for column, peak in enumerate(peaks):
        middle = start + (column + 0.5) * step
        label = next((label_of(u) for u in utterances if u.start <= middle < u.end), "silence")
        half = max(float(peak) ** 0.7, 0.02)  # as loudness is felt, or quiet speech is a line
        strokes.setdefault(label, []).append(f"M{column} {-half:.2f}h.7v{2 * half:.2f}h-.7z")
    for label, parts in strokes.items():
        yield Wave(label, "".join(parts))
