"""Half an hour of events: the page neither grows nor slows."""

from pathlib import Path
from typing import Any

from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running

HALF_HOUR = (Path(__file__).parent / "half_hour.js").read_text()


def heap_mb(tab: Tab) -> float:
    """What the page's objects take, without what nobody needs any more."""
    tab.driver.execute_cdp_cmd("HeapProfiler.enable", {})
    tab.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    used: int = tab.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
    return used / 1e6


def test_half_an_hour_of_events(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.show(1280, 900)
        tab.open(site.http)
        tab.arrive("ready")
        figures: list[dict[str, Any]] = [
            tab.module(HALF_HOUR, until - 5, until) | {"heap_mb": heap_mb(tab)}
            for until in range(5, 31, 5)
        ]
        tab.keep("half-hour", figures)  # frame times are for reading: the machine is shared
        tab.picture("half-hour")
        early, late = figures[1], figures[-1]
        assert late["cards"] == 200  # of 450 utterances
        assert late["chart_nodes"] <= early["chart_nodes"] * 1.2
        assert late["nodes"] <= early["nodes"] * 1.6  # 150 cards at first, 200 in the end
        assert late["heap_mb"] - early["heap_mb"] < 10  # the events themselves, kept for the export
        tab.click("#earlier")
        assert len(tab.words) == 400
        tab.click("#whole")
        tab.drawn()
        assert tab.complaints() == []
