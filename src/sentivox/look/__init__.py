"""The looks that pages, reports and the documentation share: styles, and how charts are drawn.

`files` holds style sheets, scripts, and `chart.json`, the measures of charts. The server offers
them to browsers as they are; Python reads them here.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

FILES: Final = Path(__file__).parent / "files"


class ChartSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How charts are laid out; the server's pages read the same file.

    Lengths are pixels, except `last_tick`, in percent of the width: a label further right would run
    out of the picture. `half_px` is the height of the bar of a score of 1, and `pad_px` the room
    above it and below -1. `least_px` is the height of the bar of a score of 0. `lane_px` is a lane
    of blocks, of height `block_px`, on the live page, and `wave_px` a lane with a waveform;
    `row_px` is a row of a comparison. `grid` has the scores that have lines, and `axis` those that
    have labels. Scores below `neutral_below` are neutral. `ticks_s` are the possible distances of
    ticks, and a chart has about `most_ticks`; of turning points it shows the `most_turns` largest.
    Curves are paths in a picture of `curve_units` across and -1 to 1 down, which is stretched to
    fit.
    """

    grid: Sequence[float]
    axis: Mapping[str, str]
    neutral_below: float
    half_px: float
    pad_px: float
    least_px: float
    block_px: float
    wave_px: float
    lane_px: float
    ticks_px: float
    row_px: float
    most_turns: int
    curve_units: int
    ticks_s: Sequence[int]
    most_ticks: int
    last_tick: float

    @property
    def scores_px(self) -> float:
        """Height of the picture of scores."""
        return 2 * (self.half_px + self.pad_px)

    def y(self, score: float) -> float:
        """Vertical position of a score, -1…1, in the picture of scores."""
        return self.pad_px + self.half_px * (1 - score)


@cache
def chart_spec() -> ChartSpec:
    """The measures of charts."""
    return msgspec.json.decode((FILES / "chart.json").read_bytes(), type=ChartSpec)


@cache
def style(name: str) -> str:
    """A style sheet: "tokens", "parts" or "chart"."""
    return (FILES / f"{name}.css").read_text(encoding="utf-8")


@cache
def script(*names: str) -> str:
    """Modules of `files` as one classic script, for a page that may load nothing.

    They have to be all that they import, and to differ in the names that they define.
    """
    text = "".join((FILES / f"{name}.js").read_text(encoding="utf-8") for name in names)
    return re.sub(r"^import .*\n|^export ", "", text, flags=re.MULTILINE)


def chart_style_within(selector: str) -> str:
    """The style sheet of charts, and the tokens, for what a selector finds and nothing else."""
    tokens = style("tokens").replace(":root", selector)
    return f"{tokens}{selector} {{\n{style('chart')}}}\n"
