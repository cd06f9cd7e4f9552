"""Plots of confusion matrices and reliability; needs matplotlib (`sentivox[plot]`)."""

# pyright: reportUnknownMemberType=false
# (matplotlib types its keyword arguments only in part)

import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sentivox.errors import SentivoxError
from sentivox.evaluation.report import Part, Report
from sentivox.system.atomic import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCH: Final = 0.62  # side of a cell, in inches
_SHADE: Final = "Blues"


def require_matplotlib() -> None:
    """Check that matplotlib is installed.

    Raises:
        SentivoxError: It is not; the message says how to install it.
    """
    if find_spec("matplotlib") is None:
        raise SentivoxError('pictures need matplotlib: pip install "sentivox[plot]"')


def draw_confusion(report: Report, path: Path) -> None:
    """Draw the confusion matrices: cells coloured by share of the true class, with counts.

    Args:
        report: The report of an evaluation with classes.
        path: Image file to write.

    Raises:
        SentivoxError: The file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (optional)

    looks: list[tuple[str, Part]] = [("sentiment", report)]
    if "emotions" in report.parts:
        looks.append(("emotion", report.parts["emotions"]))
    widths = [len(_columns(part)) for _, part in looks]
    figure = Figure(figsize=(sum(widths) * _INCH + 2.2 * len(looks), max(widths) * _INCH + 1.8))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(1, len(looks), squeeze=False, width_ratios=widths)[0]
    for (name, part), ax in zip(looks, axes, strict=True):
        _matrix(ax, part, f"{name}, n = {part.n}")
    _save(figure, path)


def draw_reliability(report: Report, path: Path) -> None:
    """Draw accuracy against confidence; calibrated probabilities lie on the diagonal.

    Args:
        report: The report of an evaluation with classes.
        path: Image file to write.

    Raises:
        SentivoxError: The file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (optional)

    figure = Figure(figsize=(4.8, 5.6))
    figure.set_layout_engine("constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    sure = [b.confidence for b in report.reliability]
    top.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1)
    top.plot(sure, [b.accuracy for b in report.reliability], marker="o", color="C0")
    top.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    top.set_title(f"{report.task}, n = {report.n}, ECE {report.metrics['ece']:.3f}")
    below.bar(sure, [b.n for b in report.reliability], width=0.04, color="0.6")
    below.set(xlabel="confidence", ylabel="n")
    _save(figure, path)


def _columns(part: Part) -> list[str]:
    return list(next(iter(part.confusion.values())))


def _matrix(ax: "Axes", part: Part, title: str) -> None:
    rows, columns = list(part.confusion), _columns(part)
    shares = [[n / sum(row.values()) for n in row.values()] for row in part.confusion.values()]
    ax.imshow(shares, cmap=_SHADE, vmin=0, vmax=1)
    ax.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    ax.set_yticks(range(len(rows)), rows)
    ax.set(xlabel="predicted", ylabel="true", title=title)
    for y, row in enumerate(part.confusion.values()):
        for x, n in enumerate(row.values()):
            ink = "white" if shares[y][x] > 0.6 else "black"
            ax.text(x, y, str(n), ha="center", va="center", color=ink, fontsize=9)


def _save(figure: "Figure", path: Path) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, dpi=150, format=path.suffix[1:].lower())
    try:
        write_whole(path, picture.getvalue())
    except OSError as error:
        raise SentivoxError(f"cannot write {path}: {error.strerror}; choose another") from error
