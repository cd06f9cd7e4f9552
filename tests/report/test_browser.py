"""Reports in a real Chromium: what one can do there, and that nothing of it is refused."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sentivox.audio.files import AudioFile
from sentivox.report.book import ReportWriter
from sentivox.report.compare import Entry
from sentivox.report.page import index_page, recording_page
from sentivox.samples import CALL
from tests.report.made import hum, result, talk, utterance

selenium = pytest.importorskip("selenium.webdriver", reason="pip install -e '.[dev]'")

from tests.browser.chromium import Tab, picture_folder  # noqa: E402
from tests.browser.layout import FAULTS, LONG, WIDTHS, faults  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="apt install chromium-driver")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three recordings, with their sound: two with speech, one without."""
    index = tmp_path_factory.mktemp("report") / "all calls.html"
    long = "a " * 300
    heard = [
        [utterance(1, 1, 3, -0.9, "this is bad"), utterance(2, 12, 14, 0.8, "how nice")],
        [utterance(1, 2, 4, 0.1, "well"), utterance(2, 5, 9, 0.2, f"{long}{'x' * 200}")],
        [],
    ]
    with ReportWriter(index, several=True, sound=True) as book:
        for said in heard:
            book.add(result(said, channels=2, file=str(CALL)), AudioFile(CALL))
    return index


@pytest.fixture(scope="module")
def tab():
    options = selenium.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "mute-audio"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = selenium.Chrome(options, selenium.ChromeService(DRIVER))
    driver.implicitly_wait(5)
    yield driver
    driver.quit()


@pytest.fixture(autouse=True)
def quiet(tab) -> Iterator[None]:
    """Whatever the browser complains of, such as a script that the policy forbids, is a failure."""
    yield
    assert tab.get_log("browser") == []


def show(tab, path: Path) -> None:
    tab.get(f"file://{quote(str(path))}")


def click(tab, css: str) -> None:
    element = tab.find_element("css selector", css)
    tab.execute_script("arguments[0].scrollIntoView({block:'center',behavior:'instant'})", element)
    element.click()


def until(tab, condition: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(tab, 20).until(lambda _: tab.execute_script(f"return {condition}"))


PLAYER = "document.querySelector('audio')"


@pytest.mark.parametrize("css", ["#u-0-2 .play", '.lane a[href="#u-0-2"] .block'])
def test_a_click_plays_the_utterance_and_stops_at_its_end(tab, report: Path, css: str) -> None:
    show(tab, report.with_suffix("") / "call.html")
    until(tab, f"{PLAYER}.readyState >= 3")
    click(tab, css)
    until(tab, f"!{PLAYER}.paused && {PLAYER}.currentTime > 12")
    until(tab, "document.querySelector('#u-0-2.now') !== null")
    tab.execute_script(f"{PLAYER}.currentTime = 13.8")
    until(tab, f"{PLAYER}.paused")
    assert tab.execute_script(f"return {PLAYER}.currentTime") == pytest.approx(14, abs=0.8)


def test_the_transcript_is_filtered_by_label_and_words(tab, report: Path) -> None:
    def shown() -> list[str]:
        items = tab.find_elements("css selector", ".transcript > li")
        return [item.get_attribute("id") for item in items if item.is_displayed()]

    show(tab, report.with_suffix("") / "call.html")
    assert shown() == ["u-0-1", "u-0-2"]
    click(tab, "[data-filter=negative]")
    assert shown() == ["u-0-2"]
    click(tab, "[data-filter=negative]")
    tab.find_element("css selector", "[type=search]").send_keys("BAD")
    assert shown() == ["u-0-1"]


def test_the_index_sorts_both_ways_and_leads_to_the_pages_and_back(tab, report: Path) -> None:
    def column(number: int) -> list[str]:
        return [c.text for c in tab.find_elements("css selector", f"tbody td:nth-child({number})")]

    show(tab, report)
    mean = "thead th:nth-child(7) button"
    before = column(7)
    click(tab, mean)
    rising = column(7)
    click(tab, mean)
    falling = column(7)
    assert before[-1] == rising[-1] == falling[-1] == "–"  # what is not known comes last
    assert rising[:-1] == falling[-2::-1]
    assert float(rising[0].replace("−", "-")) < float(rising[1].replace("−", "-"))
    click(tab, ".sortable tbody a")
    until(tab, "document.querySelector('.transcript') !== null")
    tab.find_element("link text", "all recordings").click()
    until(tab, "document.querySelector('table.sortable') !== null")


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of recordings with 0, 1, 10 and 2000 utterances, and with long names."""
    folder = tmp_path_factory.mktemp("calls")
    heard = {
        LONG: talk(0),
        "One": talk(1, names=("张先生", "李女士")),
        "2026-11-01_CustomerComplaint_agent-17": talk(10, names=(LONG, "客服" * 20)),
        "电话录音": talk(2000),
    }
    entries: list[Entry] = []
    for number, (name, one) in enumerate(heard.items()):
        named = dataclasses.replace(one, file=f"calls/{name}.wav")
        page = recording_page(named, hum(one.duration, 2), index="index.html")
        (folder / f"{number}.html").write_text(page, encoding="utf-8")
        entries.append(Entry(f"{number}.html", named))
    (folder / "index.html").write_text(index_page(entries), encoding="utf-8")
    return folder


def test_nothing_overlaps_or_is_cut_off_at_any_width(
    tab: Any, report: Path, calls: Path, tmp_path: Path
) -> None:
    window = Tab(tab, picture_folder(tmp_path))
    for path in (report, *report.with_suffix("").iterdir(), *calls.iterdir()):
        show(tab, path)
        for width in WIDTHS:
            assert faults(window, width, 800) == [], (path.name, width)
            if path.parent == calls:
                window.picture(f"report-{path.stem}-{width}")
        for width in (390, 1280):
            assert faults(window, width, 800, "dark") == [], (path.name, width)
            if path.parent == calls:
                window.picture(f"report-{path.stem}-{width}-dark")
    tab.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_search_that_finds_nothing_says_so(tab: Any, report: Path, calls: Path) -> None:
    told = "return document.querySelector('p.none').checkVisibility()"
    for path in (report.with_suffix("") / "call.html", calls / "index.html"):
        show(tab, path)
        field = tab.find_element("css selector", "[type=search]")
        assert not tab.execute_script(told)
        field.send_keys("antidisestablishmentarianism")
        until(tab, "document.querySelector('p.none').checkVisibility()")
        field.clear()
        field.send_keys(" ")
        until(tab, "!document.querySelector('p.none').checkVisibility()")
    tab.find_element("css selector", "[type=search]").send_keys("complaint")
    rows = "[...document.querySelectorAll('.sortable tbody tr')].filter((r) => r.checkVisibility())"
    until(tab, f"{rows}.length === 1 && {rows}[0].textContent.includes('agent-17')")


def test_the_index_breaks_names_between_their_words(tab: Any, calls: Path) -> None:
    """Also in a column that is too narrow for them."""
    lines = """
        const text = document.querySelector("a[href='2.html'] wbr").parentElement;
        return [...text.childNodes].filter((node) => node.data).map((node) => {
          const range = new Range();
          range.selectNodeContents(node);
          return [...range.getClientRects()].map(({ top }) => top);
        });
        """
    Tab(tab, calls).show(390, 800)
    show(tab, calls / "index.html")
    words = tab.execute_script(lines)
    assert {len(tops) for tops in words} == {1}  # no word stands on two lines
    assert len({top for (top,) in words}) > 1
    tab.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_printed_pages_are_as_wide_as_the_paper(tab: Any, calls: Path) -> None:
    """Chromium shrinks what is wider, and cuts off what scrolls."""
    inner_px = round((210 - 2 * 14) / 25.4 * 96)  # A4 without its margins
    Tab(tab, calls).show(inner_px, 800)
    tab.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    for path in calls.iterdir():
        show(tab, path)
        assert tab.execute_script(FAULTS) == [], path.name
        cut = tab.execute_script(
            "return [...document.querySelectorAll('.wide, .card')]"
            ".filter((node) => node.scrollWidth > node.clientWidth + 1).length"
        )
        assert cut == 0, path.name
    tab.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    tab.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
