"""The index of a folder in a browser: comparisons, links to a view, moments that play, exports."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from sentivox.audio.files import AudioFile
from sentivox.report.compare import Day, Entry
from sentivox.report.document import CSV_COLUMNS
from sentivox.report.page import index_page, recording_page
from sentivox.report.sound import data_url
from sentivox.samples import CALL
from tests.browser import axe as access
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.browser.layout import LONG, faults
from tests.report.made import hum, result, talk, utterance

NAME = "=2+2, 12-{:02}"
"""Of a recording: a formula in a spreadsheet."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of nine recordings on three days, in two folders; the first has the worst moment."""
    folder = tmp_path_factory.mktemp("calls")
    heard = AudioFile(CALL)
    entries: list[Entry] = []
    for n in range(9):
        said = [
            utterance(1, 1, 3, -0.9 + n / 10, f"waiting for {n} hours"),
            utterance(2, 12, 14, n / 10, "how nice", channel=1),
        ]
        place = "sales" if n % 3 else f"support/{LONG}"
        made = result(said, channels=2, file=f"/{place}/{NAME.format(n)}.wav", names=("Li", LONG))
        page = recording_page(made, hum(30, 2), sound=data_url(heard), index="index.html")
        (folder / f"{n}.html").write_text(page, encoding="utf-8")
        entries.append(Entry(f"{n}.html", made, Day(date(2026, 11, 1 + n // 3), True), sound=True))
    (folder / "index.html").write_text(index_page(entries), encoding="utf-8")
    return folder / "index.html"


def visit(tab: Tab, page: Path, view: str = "") -> None:
    """Load a page anew, even if only the fragment is another."""
    tab.open("about:blank")
    tab.open(page.as_uri() + view)


def click(tab: Tab, css: str) -> None:
    """Click in the middle of the window, where the player covers nothing."""
    place = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })"
    tab.js(place, tab.find(css))
    tab.find(css).click()


def comparison(tab: Tab) -> str:
    """What is compared."""
    shown = (
        "return [...document.querySelectorAll('[data-comparison]')].filter((node) => !node.hidden)"
    )
    (found,) = tab.js(f"{shown}.map((node) => node.dataset.comparison)")
    return found


def rows(tab: Tab) -> list[str]:
    """The recordings that are shown, in their order."""
    shown = "[...document.querySelectorAll('.sortable tbody tr')].filter((row) => !row.hidden)"
    return tab.js(f"return {shown}.map((row) => row.cells[0].textContent)")


def test_an_address_leads_to_the_same_view(index: Path, browser: Open) -> None:
    with browser() as tab:
        visit(tab, index)
        before = rows(tab)
        assert comparison(tab) == "day"
        click(tab, "[data-by=speaker]")
        tab.until(lambda: comparison(tab) == "speaker", "comparison")
        field = tab.find("#recordings input")
        field.send_keys("12-0")
        click(tab, "[data-key=mean] button")
        click(tab, "[data-key=mean] button")
        tab.until(lambda: rows(tab) == before[::-1], "order")
        field.send_keys("7")
        tab.until(lambda: len(rows(tab)) == 1, "search")
        address = str(tab.js("return location.href"))
        assert address == f"{index.as_uri()}#by=speaker&search=12-07&sort=-mean"
        visit(tab, index, "#by=speaker&search=12-0&sort=-mean")
        assert (comparison(tab), rows(tab)) == ("speaker", before[::-1])
        assert tab.find("[data-by=speaker]").get_attribute("aria-pressed") == "true"
        tab.js("location.hash = 'by=folder&sort=words'")  # as by the button back
        tab.until(lambda: comparison(tab) == "folder", "comparison")
        tab.js("location.hash = ''")
        tab.until(lambda: comparison(tab) == "day", "comparison")
        assert (rows(tab), tab.texts("th[aria-sort]")) == (before, [])
        visit(tab, index, "#by=nothing&sort=-nothing&search")  # by somebody's hand
        assert (comparison(tab), rows(tab)) == ("day", before)
        assert tab.complaints() == []


def test_without_its_script_the_first_comparison_is_shown(index: Path, browser: Open) -> None:
    with browser() as tab:
        tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        visit(tab, index)
        tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        assert comparison(tab) == "day"
        assert not tab.find("#compare .segments").is_displayed()
        assert not tab.find("#compare .exports").is_displayed()


@pytest.mark.parametrize("allowed", [True, False], ids=["starts", "may-not-start"])
def test_the_worst_moment_is_heard(index: Path, browser: Open, allowed: bool) -> None:
    """At once, or where the browser lets no page start by itself, by the next key."""
    policy = "no-user-gesture" if allowed else "document-user-activation"
    with browser(f"--autoplay-policy={policy}-required") as tab:
        if allowed:
            visit(tab, index)
            click(tab, "#worst tbody .play")
        else:  # as in a new tab
            visit(tab, index.with_name("0.html"), "#play-0-1")
        tab.until(lambda: tab.js("return document.activeElement.id") == "play-0-1", "focus")
        assert tab.find("#play-0-1").is_displayed()
        heard = "const audio = document.querySelector('audio'); return audio.{}"
        if not allowed:
            assert tab.js(heard.format("paused"))
            ActionChains(tab.driver).send_keys(Keys.ENTER).perform()
        tab.until(lambda: tab.js(heard.format("currentTime")) > 1.2, "sound")
        tab.until(lambda: tab.js(heard.format("paused")), "end")
        assert tab.js(heard.format("currentTime")) == pytest.approx(3, abs=0.8)
        assert tab.complaints() == []


def kept(tab: Tab, folder: Path, name: str) -> Path:
    """A file that the page saves there."""
    path = folder / name
    tab.until(path.exists, name)
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_saved_as_csv_and_png(
    index: Path, browser: Open, tmp_path: Path, theme: str
) -> None:
    with browser() as tab:
        tab.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
        )
        tab.show(1280, 1000, theme)
        visit(tab, index, "#by=folder")
        stem = "9 recordings-"
        for label in ("CSV: by-folder", "PNG: by-folder", "CSV: recordings", "PNG: recordings",
                      "CSV: worst-moments"):  # fmt: skip
            click(tab, f"[aria-label='{label}']")
            kept(tab, tmp_path, f"{stem}{label[5:]}.{label[:3].lower()}")
        table = read(tmp_path / f"{stem}recordings.csv")
        assert [row["recording"] for row in table] == [f"'{NAME.format(n)}.wav" for n in range(9)]
        assert table[0]["most_negative"] == "-0.9"
        groups = read(tmp_path / f"{stem}by-folder.csv")
        assert [(g["folder"], g["recordings"]) for g in groups] == [
            ("sales", "6"),
            (f"support/{LONG}", "3"),
        ]
        assert float(groups[0]["low"]) < float(groups[0]["mean_score"]) < float(groups[0]["high"])
        assert read(tmp_path / f"{stem}worst-moments.csv")[0]["transcript"] == "waiting for 0 hours"
        for name in ("by-folder", "recordings"):
            path = tmp_path / f"{stem}{name}.png"
            (tab.picture(f"saved-{name}-{theme}")).write_bytes(path.read_bytes())
            shades = drawn(path)
            for token in ("--card", "--soft", "--neutral"):
                assert shade(tab, token) in shades, (name, token)
        visit(tab, index.with_name("0.html"))
        for label in ("CSV: utterances", "PNG: utterances", "PNG: distribution"):
            click(tab, f"[aria-label='{label}']")
        stem = f"{NAME.format(0)}.wav-"
        said = read(kept(tab, tmp_path, f"{stem}utterances.csv"))
        assert tuple(said[0]) == CSV_COLUMNS
        assert [row["transcript"] for row in said] == ["waiting for 0 hours", "how nice"]
        for name in ("utterances", "distribution"):
            path = kept(tab, tmp_path, f"{stem}{name}.png")
            (tab.picture(f"saved-{name}-{theme}")).write_bytes(path.read_bytes())
            assert shade(tab, "--negative") in drawn(path), name
        assert tab.js("return document.querySelectorAll('.offscreen').length") == 0
        assert tab.complaints() == []


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def drawn(path: Path) -> set[tuple[int, ...]]:
    """The colours of a picture."""
    pixels: Any = matplotlib.image.imread(path)
    assert pixels.shape[1] == 1920
    flat = np.rint(255 * pixels[..., :3]).astype(int).reshape(-1, 3)
    return {tuple(map(int, one)) for one in np.unique(flat, axis=0)}


def shade(tab: Tab, token: str) -> tuple[int, ...]:
    """A colour of the page."""
    text = tab.js(
        "const node = document.createElement('p');document.body.append(node);"
        "node.style.color = `var(${arguments[0]})`;const { color } = getComputedStyle(node);"
        "node.remove();return JSON.stringify(color.match(/\\d+/g).map(Number))",
        token,
    )
    return tuple(json.loads(text))


def test_comparisons_hold_at_all_widths_and_are_for_everybody(
    index: Path, browser: Open, axe: str
) -> None:
    with browser() as tab:
        for by in ("day", "folder", "speaker"):
            visit(tab, index, f"#by={by}")
            for width, theme in ((390, "light"), (1280, "dark")):
                assert faults(tab, width, 1600, theme) == [], (by, width)
                assert access.faults(tab, axe) == [], (by, width)
                tab.picture(f"compare-{by}-{width}-{theme}")


def test_a_long_call_can_be_saved_whole(browser: Open, tmp_path: Path) -> None:
    page = tmp_path / "long.html"
    page.write_text(recording_page(talk(500), hum(1500, 2)), encoding="utf-8")
    with browser() as tab:
        tab.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
        )
        visit(tab, page)
        click(tab, "[aria-label='PNG: utterances']")
        path = kept(tab, tmp_path, "one.wav-utterances.png")
        tab.picture("saved-long").write_bytes(path.read_bytes())
        assert drawn(path) >= {shade(tab, token) for token in ("--negative", "--positive")}
        assert tab.complaints() == []
