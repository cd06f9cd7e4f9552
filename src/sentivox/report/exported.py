"""What stands behind the charts of a report, as tables: a page's script writes them as CSV."""

from collections.abc import Sequence
from typing import Any

from sentivox.report.chart import ScoreBin
from sentivox.report.compare import Comparison, Entry, WorstMoment
from sentivox.report.document import CSV_COLUMNS, Document
from sentivox.report.wording import LABELS

Table = Sequence[Sequence[Any]]
"""A header, and rows of plain JSON values."""


def utterances(result: Document) -> Table:
    """The utterances of a recording, with the columns of `analyze --csv`."""
    return [CSV_COLUMNS, *result.rows()]


def distribution(bins: Sequence[ScoreBin]) -> Table:
    """The numbers of scores by label in each bin of a histogram."""
    rows = [[round(b.low, 4), round(b.high, 4), *(b.counts[x] for x in LABELS)] for b in bins]
    return [["low", "high", *LABELS], *rows]


def recordings(entries: Sequence[Entry]) -> Table:
    """The mean score of each recording, its extremes, and its utterances by label."""
    table: list[Sequence[Any]] = [
        ["recording", "duration", "mean_score", "most_negative", "most_positive", *LABELS]
    ]
    for entry in entries:
        s = entry.result.summary.overall
        lowest, highest = (m.score if m else None for m in (s.most_negative, s.most_positive))
        counts = [s.counts[label] for label in LABELS]
        table.append([entry.name, entry.result.duration, s.mean_score, lowest, highest, *counts])
    return table


def groups(comparison: Comparison) -> Table:
    """The groups of a comparison."""
    return [
        [comparison.by, "recordings", "mean_score", "low", "high", *LABELS],
        *(
            [g.key, g.sessions, g.mean_score, g.low, g.high, *(counts[label] for label in LABELS)]
            for g, counts in comparison.groups
        ),
    ]


def worst(moments: Sequence[WorstMoment]) -> Table:
    """The worst moments of several recordings."""
    return [
        ["score", "transcript", "speaker", "start", "end", "recording"],
        *(
            [u.fused_score, u.transcript, who, u.start, u.end, entry.name]
            for entry, u, who in moments
        ),
    ]
