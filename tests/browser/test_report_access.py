"""Reports are for everybody: axe finds no serious fault in pages, indexes and notebooks."""

from pathlib import Path

from sentivox.report.compare import Entry
from sentivox.report.page import fragment, index_page, recording_page
from tests.browser.axe import faults
from tests.browser.conftest import Open
from tests.report.made import hum, talk


def test_axe_finds_no_serious_fault(browser: Open, axe: str, tmp_path: Path) -> None:
    some, none = talk(10, names=("Ms Li", "Agent")), talk(0)
    whole = "<!doctype html><html lang=en><title>notebook</title><main>{}</main>"
    pages = {
        "some": recording_page(some, hum(30, 2), index="index.html"),
        "none": recording_page(none, hum(30, 2)),
        "index": index_page([Entry("some.html", some), Entry("none.html", none)]),
        "notebook": whole.format(fragment(some)),
    }
    with browser() as tab:
        for name, page in pages.items():
            path = tmp_path / f"{name}.html"
            path.write_text(page, encoding="utf-8")
            for width, theme in ((390, "light"), (1280, "dark")):
                tab.show(width, 1000, theme)
                tab.open(path.as_uri())
                assert faults(tab, axe) == [], (name, width)
                tab.picture(f"access-{name}-{width}-{theme}")
