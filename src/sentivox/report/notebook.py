"""Results for notebooks: a pandas data frame and a matplotlib plot. Both packages are optional."""

# pyright: reportUnknownMemberType=false
# (matplotlib and pandas annotate their keyword arguments only in part)

from importlib.util import find_spec
from itertools import cycle, product
from types import NoneType
from typing import TYPE_CHECKING, Final

from sentivox.errors import SentivoxError
from sentivox.report.document import CSV_COLUMNS, Document
from sentivox.system.usage import require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WAVE_COLOURS: Final = {
    "negative": "#b5450b", "neutral": "#6d727b", "positive": "#1b62b5", "unclear": "#a9afba",
}  # fmt: skip
STYLES: Final = ("-", "--", "-.")
SHADES: Final = ("0.35", "0.6", "0")
"""Shades of grey of the mood lines: each channel has a line style, and further ones another shade.
"""


def to_dataframe(result: Document) -> "pd.DataFrame":
    """Convert results to a data frame, with one row per utterance and the columns COLUMNS.

    Raises:
        SentivoxError: pandas is not installed.
    """
    _require("pandas")
    import pandas as pd  # noqa: PLC0415  (optional)

    return pd.DataFrame(result.rows(), columns=list(CSV_COLUMNS))


def plot(result: Document, ax: "Axes | None" = None) -> "Axes":
    """Plot scores over time: each utterance as a horizontal bar, each channel's mood as a line.

    Args:
        result: The results of a recording.
        ax: The axes to draw on; None for a new figure.

    Returns:
        The axes: x in seconds, y the score, -1…1.

    Raises:
        SentivoxError: matplotlib is not installed.
        UsageError: `ax` is not an Axes of matplotlib.
    """
    _require("matplotlib")
    from matplotlib import axes  # noqa: PLC0415  (optional)
    from matplotlib import pyplot as plt  # noqa: PLC0415

    require("ax", ax, (axes.Axes, NoneType), "matplotlib's Axes, such as plt.gca()")
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 3), layout="constrained")
    ax.axhline(0, color="0.8", linewidth=1, zorder=0)
    for u in result.utterances:
        if u.fused_score is not None and u.fused is not None:
            ax.hlines(u.fused_score, u.start, u.end, color=WAVE_COLOURS[u.fused.label], linewidth=5)
    looks = cycle(product(SHADES, STYLES))
    for channel, label, (shade, style) in zip(result.channels, result.names, looks, strict=False):
        points = [p for p in result.summary.mood if p.channel == channel.channel]
        name = f"mood, {label}"
        ax.plot([p.t for p in points], [p.value for p in points], style, color=shade, label=name)
    for turn in result.summary.turning_points:
        label = "positive" if turn.direction == "better" else "negative"
        ax.axvline(turn.t, color=WAVE_COLOURS[label], linestyle=":", linewidth=1.5)
    ax.set(xlim=(0, result.duration), ylim=(-1.05, 1.05), xlabel="seconds", ylabel="score")
    ax.legend(loc="lower right", frameon=False, fontsize="small")
    return ax


def _require(package: str) -> None:
    if find_spec(package) is None:
        msg = f'this needs {package}: pip install "sentivox[notebook]"'
        raise SentivoxError(msg)
