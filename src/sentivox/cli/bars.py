"""Bars of scores, sparklines of moods and the meter of a level, as text for a terminal."""

import math
from collections.abc import Sequence

from rich.text import Text

from sentivox.cli.output import LABEL_COLOURS
from sentivox.protocol.labels import tendency

HALVES = ((120, 8), (80, 4), (0, 0))
"""Cells of a score bar on either side of zero, by the least width of the terminal."""
METER = 16  # cells of the level meter
FLOOR_DB = -60.0  # level in dB relative to full scale at which the meter is empty
BLOCKS = "▁▂▃▄▅▆▇█"
SPARKS = 40  # moods shown in a sparkline


def half_of(width: int) -> int:
    """The cells of a score bar on either side of zero in a terminal of this width; 0 for no bar."""
    return next(half for least, half in HALVES if width >= least)


def bar(score: float | None, label: str, half: int) -> Text:
    """A score from -1 to 1 with its label and, where there is room, a bar from zero.

    Args:
        score: The score; None for a dash.
        label: Its label.
        half: Cells of the bar on either side of zero; 0 for no bar.
    """
    number = "  –  " if score is None else f"{score:+.2f}"
    name = "" if score is None else label
    style = LABEL_COLOURS.get(label, "dim")
    text = Text(f"{number} {name:<8}", style=style)
    if not half:
        return text
    cells = 0 if score is None else min(half, math.ceil(abs(score) * half - 1e-9))
    left, right = ("━" * cells, "") if (score or 0) < 0 else ("", "━" * cells)
    middle = "·" if score is None else "│"
    return Text(f"{left:>{half}}{middle}{right:<{half}} ", style=style).append_text(text)


def sparkline(moods: Sequence[float]) -> Text:
    """The last `SPARKS` moods (-1…1) as coloured blocks, followed by the last one as a number."""
    line = Text()
    for mood in moods[-SPARKS:]:
        level = min(int((mood + 1) / 2 * len(BLOCKS)), len(BLOCKS) - 1)
        line.append(BLOCKS[level], LABEL_COLOURS[tendency(mood)])
    return line.append(f" {moods[-1]:+.2f}", LABEL_COLOURS[tendency(moods[-1])])


def meter(rms: float) -> Text:
    """A level, as RMS from 0 to 1, as a bar with decibels."""
    decibels = max(FLOOR_DB, 20 * math.log10(max(rms, 1e-9)))
    cells = round((1 - decibels / FLOOR_DB) * METER)
    return Text(f"{'█' * cells:<{METER}} {decibels:4.0f} dB", style="cyan")
