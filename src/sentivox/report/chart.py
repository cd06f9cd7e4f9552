"""Layout of a report's charts, as numbers: the templates write the SVG.

Horizontal positions are percentages, so that a chart fits any width while its text keeps its size.
Vertical positions are pixels. Waves and mood curves are SVG paths with coordinate systems that are
stretched to fit. The live page lays out its chart in the same way, in chart-geometry.js; both have
their measures from `sentivox.look`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sentivox.look import chart_spec
from sentivox.protocol.events import Utterance
from sentivox.protocol.summary import MoodPoint, TurningPoint
from sentivox.report.document import ChannelDocument, Document
from sentivox.report.waveform import Envelope
from sentivox.wording.timecode import clock

ROW_S: Final = 600.0
"""Longest duration of one row, in seconds: an utterance of 3 s still takes 0.5 % of its width."""

WAVE_COLUMNS: Final = 400
"""Number of strokes of the waveform in one row."""

HISTOGRAM_BINS: Final = 10  # bins of the histogram of scores


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the time axis: horizontal position in percent, and label."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of an utterance in a row: `x` and `width` in percent, `y` and `height` in pixels.

    It goes from the line of 0 to the score, in the picture of scores.
    """

    utterance: Utterance
    label: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Wave:
    """The strokes of the waveform with one label: an SVG path, 0…WAVE_COLUMNS across, -1…1 down."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class TurnMark:
    """A turning point in a row, on the curve of its channel: `x` in percent, `y` in pixels."""

    x: float
    y: float
    point: TurningPoint


@dataclass(frozen=True, slots=True)
class Lane:
    """When one channel spoke in a row: its waveform, and its utterances."""

    channel: int
    waves: Sequence[Wave]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Curve:
    """The mood of one channel in a row, or of all together (`channel` None).

    `path` is an SVG path, 0…1000 across and -1…1 down, or empty.
    """

    channel: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the recording, [start, end) in seconds, with one lane per channel."""

    start: float
    end: float
    ticks: Sequence[Tick]
    curves: Sequence[Curve]
    turns: Sequence[TurnMark]
    lanes: Sequence[Lane]

    @property
    def bars(self) -> list[Bar]:
        """The bars of all channels."""
        return [bar for lane in self.lanes for bar in lane.bars]


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """A bin of the histogram of scores: the numbers of scores in [low, high) by label.

    `share` is the height of the bin relative to the highest one, 0…1.
    """

    low: float
    high: float
    counts: dict[str, int]
    share: float


def fused_label(utterance: Utterance) -> str:
    """The fused label of an utterance; "unclear" if it has none."""
    return "unclear" if utterance.fused is None else utterance.fused.label


def rows(result: Document, envelope: Envelope) -> list[Row]:
    """Lay out the recording in rows of equal duration, at most ROW_S each."""
    count = max(1, math.ceil(result.duration / ROW_S))
    edges = np.linspace(0.0, max(result.duration, 1e-3), count + 1).tolist()
    return [_row(start, end, result, envelope) for start, end in pairwise(edges)]


def histogram(utterances: Iterable[Utterance], labels: Sequence[str]) -> list[ScoreBin]:
    """Histogram of the fused scores, from -1 to 1 in HISTOGRAM_BINS bins, stacked by label."""
    scored = [(u.fused_score, fused_label(u)) for u in utterances if u.fused_score is not None]
    edges = np.linspace(-1.0, 1.0, HISTOGRAM_BINS + 1)
    bins = np.digitize([s for s, _ in scored], edges) - 1
    places = np.clip(bins, 0, HISTOGRAM_BINS - 1).tolist()
    counts = [
        {name: sum(p == i and label == name for p, (_, label) in zip(places, scored, strict=True))
         for name in labels}
        for i in range(HISTOGRAM_BINS)
    ]  # fmt: skip
    most = max((sum(c.values()) for c in counts), default=0)
    return [
        ScoreBin(float(low), float(high), c, sum(c.values()) / most if most else 0.0)
        for low, high, c in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _row(start: float, end: float, result: Document, envelope: Envelope) -> Row:
    channels = [c.channel for c in result.channels]
    mood = result.summary.mood
    return Row(
        start,
        end,
        _ticks(start, end),
        [
            Curve(channel, _curve([p for p in mood if p.channel == channel], start, end))
            for channel in [*(channels if len(channels) > 1 else []), None]
        ],
        [
            TurnMark(_across(p.t, start, end), chart_spec().y(_value(p, mood)), p)
            for p in _largest(p for p in result.summary.turning_points if start <= p.t < end)
        ],
        [_lane(channel, start, end, envelope) for channel in result.channels],
    )


def _across(t: float, start: float, end: float) -> float:
    """Horizontal position of a time in a row, in percent."""
    return 100 * (t - start) / (end - start)


def _ticks(start: float, end: float) -> list[Tick]:
    spec = chart_spec()
    steps = (s for s in spec.ticks_s if (end - start) / s <= spec.most_ticks)
    step = next(steps, spec.ticks_s[-1])
    whole = range(math.ceil(start / step) * step, math.ceil(end), step)
    ticks = [Tick(_across(t, start, end), clock(t).partition(".")[0]) for t in whole]
    return [tick for tick in ticks if tick.x < spec.last_tick]


def _largest(turns: Iterable[TurningPoint]) -> list[TurningPoint]:
    """Those for which there is room in a row: the largest changes of mood."""
    return sorted(turns, key=lambda p: -abs(p.after - p.before))[: chart_spec().most_turns]


def _value(turn: TurningPoint, mood: Sequence[MoodPoint]) -> float:
    """The value of its channel's curve at a turning point."""
    return next((p.value for p in mood if (p.channel, p.t) == (turn.channel, turn.t)), turn.after)


def _lane(channel: ChannelDocument, start: float, end: float, envelope: Envelope) -> Lane:
    here = [u for u in channel.utterances if u.start < end and u.end > start]
    peaks = envelope.columns(channel.channel, np.linspace(start, end, WAVE_COLUMNS + 1))
    return Lane(
        channel=channel.channel,
        waves=list(_waves(here, peaks, start, (end - start) / WAVE_COLUMNS)),
        bars=[_bar(u, start, end) for u in here],
    )


def _curve(points: Sequence[MoodPoint], start: float, end: float) -> str:
    """SVG path through the points in a row, and through one beyond each end if there is one."""
    first = max(sum(p.t < start for p in points) - 1, 0)
    last = len(points) - max(sum(p.t > end for p in points) - 1, 0)
    units = chart_spec().curve_units
    steps = (
        f"{units * (p.t - start) / (end - start):.1f} {-p.value:.3f}" for p in points[first:last]
    )
    path = " ".join(steps)
    return f"M{path}" if path else ""


def _bar(u: Utterance, start: float, end: float) -> Bar:
    spec = chart_spec()
    left, right = max(u.start, start), min(u.end, end)
    score = u.fused_score or 0.0
    return Bar(
        utterance=u,
        label=fused_label(u),
        x=_across(left, start, end),
        width=100 * (right - left) / (end - start),
        y=spec.y(max(score, 0.0)),
        height=max(abs(score) * spec.half_px, spec.least_px),
    )


def _waves(
    utterances: Sequence[Utterance], peaks: Iterable[float], start: float, step: float
) -> Iterator[Wave]:
    """The waveform as one path per label, and one for silence.

    Args:
        utterances: Utterances of the channel in the row.
        peaks: Peak of each column, 0…1.
        start: Start of the row, in seconds.
        step: Duration of a column, in seconds.
    """
    strokes: dict[str, list[str]] = {}
    for column, peak in enumerate(peaks):
        middle = start + (column + 0.5) * step
        label = next((fused_label(u) for u in utterances if u.start <= middle < u.end), "silence")
        half = max(float(peak) ** 0.7, 0.02)  # closer to perceived loudness; shows quiet speech
        strokes.setdefault(label, []).append(f"M{column} {-half:.2f}h.7v{2 * half:.2f}h-.7z")
    for label, parts in strokes.items():
        yield Wave(label, "".join(parts))
