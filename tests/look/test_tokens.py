"""One source of colours, for pages, reports, notebooks and documents."""

import re
from pathlib import Path

import pytest

from sentivox.look import FILES, style

SOURCE = Path(__file__).parents[2] / "src/sentivox"
SHEETS = sorted({*FILES.glob("*.css"), *SOURCE.glob("server/static/*.css"),
                 *SOURCE.glob("report/templates/*.css")})  # fmt: skip
HUES = ("negative", "neutral", "positive", "unclear", "silence")


def themes() -> list[dict[str, str]]:
    """The tokens of the light and of the dark theme, as they apply."""
    found = re.findall(r":root \{(.*?)\}", style("tokens"), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): ([^;]+);", rules)) for rules in found)
    assert dark.keys() <= light.keys()
    return [light, light | dark]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_what_a_label_means_is_seen_by_its_colour(theme: int) -> None:
    colours = themes()[theme]
    assert len({colours[name] for name in HUES}) == len(HUES)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheets_take_their_colours_from_the_tokens(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    own = {"--effect", "--from", "--length", "--level"}  # which scripts set
    assert {*re.findall(r"var\((--[\w-]+)", rules)} - own <= {f"--{name}" for name in themes()[0]}
    if sheet.name != "tokens.css":
        white = ".brand path { stroke: #fff;"  # on the mark, whatever the theme
        assert re.findall(r"#[0-9a-f]{3,8}\b(?!\w)", rules.replace(white, "")) == []
