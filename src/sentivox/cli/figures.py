"""The text output of `sentivox evaluate`: tables of metrics and confusion matrices."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from sentivox.cli.output import stdout
from sentivox.cli.tables import plain_table
from sentivox.evaluation.report import Figures, Part, Report

_MOST_ROWS: Final = 30
"""Maximum rows of a table of subsets that nobody asked for; larger ones are only in the JSON."""


def print_report(report: Report, by: Collection[str] = ()) -> None:
    """Print an evaluation's report on stdout.

    Args:
        report: The report.
        by: The subsets to print, however many there are; if empty, by whatever there are some.
    """
    out = stdout()
    models = "".join(f", {part} {name}" for part, name in report.models.items())
    out.print(Text(f"{report.task}, n = {report.n}{models}"))
    for table in _tables(report, by):
        out.print()
        out.print(table)
    out.print()
    if report.left_out:
        counts = ", ".join(f"{label} {n}" for label, n in report.left_out.items())
        out.print(Text(f"left out: {counts}"), soft_wrap=True)
    for note in report.notes:
        out.print(Text(f"note: {note}"), soft_wrap=True)


def _tables(report: Report, by: Collection[str]) -> Iterator[Table]:
    yield _metrics(report)
    if report.parts:
        looks = {report.task: report, **report.parts}
        yield _rows("", {name: {"n": part.n, **part.metrics} for name, part in looks.items()})
    if report.at_confidence:
        yield _at_confidence(report)
    if report.confusion:
        yield _confusion(report)
    for part in report.parts.values():
        if part.confusion.keys() - report.confusion.keys():  # other classes than the report's
            yield _confusion(part)
    for name, subsets in report.by.items():
        if name in by or (not by and 1 < len(subsets) <= _MOST_ROWS):
            yield _rows(name.replace("_", " "), subsets)


def _metrics(report: Report) -> Table:
    """A table of the metrics with their confidence intervals."""
    table = _table("metric")
    table.add_column("value", justify="right")
    table.add_column(f"95 % by {report.ci95_by}", justify="right")
    for name, value in report.metrics.items():
        interval = report.ci95.get(name)
        span = "" if interval is None else f"{interval[0]:.3f} … {interval[1]:.3f}"
        table.add_row(name, f"{value:.3f}", span)
    return table


def _at_confidence(report: Report) -> Table:
    """A table of the coverage and the accuracy of the surest predictions."""
    rows = {
        f"from {at.confidence:.1f}": {"n": at.n, "coverage": at.coverage}
        | ({} if at.accuracy is None else {"accuracy": at.accuracy})
        for at in report.at_confidence
    }
    return _rows("confidence", rows)


def _confusion(part: Part) -> Table:
    """The confusion matrix in counts: a row per true class, a column per prediction, recall."""
    columns = list(next(iter(part.confusion.values())))
    table = _table("true ↓ predicted →")
    for name in (*columns, "recall"):
        table.add_column(name, justify="right")
    for name, row in part.confusion.items():
        counts = [Text(str(n), "bold" if guess == name else "") for guess, n in row.items()]
        table.add_row(name, *counts, f"{part.recall[name]:.2f}")
    return table


def _rows(title: str, subsets: Mapping[str, Figures]) -> Table:
    """A table with a row per subset and a column per metric, which some subsets may lack."""
    columns = list(dict.fromkeys(name for figures in subsets.values() for name in figures))
    table = _table(title)
    for name in columns:
        table.add_column(name, justify="right")
    for subset, figures in subsets.items():
        table.add_row(subset, *(_cell(name, figures.get(name)) for name in columns))
    return table


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if name == "n" else f"{value:.3f}"


def _table(first: str) -> Table:
    table = plain_table()
    table.add_column(first, no_wrap=True)
    return table
