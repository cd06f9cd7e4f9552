"""Layout of a report's charts, as numbers: the templates write the SVG.

Horizontal positions are percentages, so that a chart fits any width while its text keeps its size.
Vertical positions are pixels. Waves and mood curves are SVG paths with coordinate systems that are
stretched to fit.
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
"""Longest duration of one row, in seconds: an utterance of 3 s still takes 0.5 % of its width."""

WAVE_COLUMNS: Final = 400
"""Number of strokes of the waveform in one row."""

HALF_PX: Final = 30.0
"""Height in pixels of the bar of a score of 1."""

TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120)  # possible distances of ticks, in seconds
HISTOGRAM_BINS: Final = 10  # bins of the histogram of scores


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the time axis: horizontal position in percent, and label."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of an utterance in a row: `x` and `width` in percent, `y` and `height` in pixels.

    `y` is the upper end of the bar, measured downwards from the line of score 1.
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
    """A turning point in a row; `x` in percent."""

    x: float
    point: TurningPoint


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel in a row; `mood` is an SVG path, 0…1000 across and -1…1 down, or empty."""

    channel: int
    waves: Sequence[Wave]
    bars: Sequence[Bar]
    mood: str
    turns: Sequence[TurnMark]


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the recording, [start, end) in seconds, with one lane per channel."""

    start: float
    end: float
    ticks: Sequence[Tick]
    lanes: Sequence[Lane]


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
    places = np.clip(np.digitize([s for s, _ in scored], edges) - 1, 0, HISTOGRAM_BINS - 1)
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
    step = next((s for s in TICKS_S if (end - start) / s <= 10), TICKS_S[-1])
    whole = range(math.ceil(start / step) * step, math.ceil(end), step)
    # The label of a tick near the right edge would run out of the picture.
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
    peaks = envelope.columns(channel.channel, np.linspace(start, end, WAVE_COLUMNS + 1))
    return Lane(
        channel=channel.channel,
        waves=list(_waves(here, peaks, start, (end - start) / WAVE_COLUMNS)),
        bars=[_bar(u, start, end) for u in here],
        mood=_curve([p for p in summary.mood if p.channel == channel.channel], start, end),
        turns=[
            TurnMark(100 * (p.t - start) / (end - start), p)
            for p in summary.turning_points
            if p.channel == channel.channel and start <= p.t < end
        ],
    )


def _curve(points: Sequence[MoodPoint], start: float, end: float) -> str:
    """SVG path through the points in a row, and through one beyond each end if there is one."""
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
        label=fused_label(u),
        x=100 * (left - start) / (end - start),
        width=100 * (right - left) / (end - start),
        y=HALF_PX - max(length, 0.0),
        height=max(abs(length), 1.5),
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
