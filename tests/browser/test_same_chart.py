"""The page and reports draw the same conversation in the same way."""

import re
from pathlib import Path
from typing import Any

import pytest

from sentivox.report.page import recording_page
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.browser.test_layout import feed
from tests.report.made import hum, talk
from tests.server.serving import Running

MEASURED = (Path(__file__).parent / "measured.js").read_text(encoding="utf-8")


def close(value: Any) -> Any:
    """The same, with numbers that may differ by their rounding."""
    if isinstance(value, list):
        return [close(one) for one in value]
    return pytest.approx(value, abs=0.006) if isinstance(value, int | float) else value


def measured(tab: Tab) -> dict[str, Any]:
    """Everything that is where it is in the first chart of what is shown."""
    found = tab.js(MEASURED)
    for mood in found["moods"]:
        mood[0] = mood[0].split()
        mood[1] = [float(number) for number in re.findall(r"-?[\d.]+", mood[1])]
    for pair in (*found["scores"], *found["ticks"]):
        pair[1] = float(pair[1].rstrip("%"))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_same_conversation_is_the_same_chart(
    site: Running, browser: Open, tmp_path: Path, theme: str
) -> None:
    heard = talk(40, names=("Ms Li", "Agent"))
    assert heard.summary.turning_points  # there is something to compare
    report = tmp_path / "report.html"
    report.write_text(recording_page(heard, hum(120, 2)), encoding="utf-8")
    with browser() as tab:
        tab.show(1280, 1000, theme)
        tab.open(site.http)
        tab.arrive("ready")
        feed(tab, heard)
        live = measured(tab)
        tab.picture(f"same-chart-live-{theme}")
        tab.open(report.as_uri())
        told = measured(tab)
        tab.picture(f"same-chart-report-{theme}")
    assert len(live["bars"]) == 40
    assert len(live["moods"]) == 3
    for part, wanted in live.items():
        assert told[part] == close(wanted), part
