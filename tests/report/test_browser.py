"""Reports in a real Chromium: what one can do there, and that nothing of it is refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from sentivox.audio.files import AudioFile
from sentivox.report.book import ReportWriter
from sentivox.samples import CALL
from tests.report.made import result, utterance

selenium = pytest.importorskip("selenium.webdriver", reason="pip install -e '.[dev]'")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="apt install chromium-driver")

WIDTHS = (360, 1200)


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
    tab.find_element("css selector", "tbody a").click()
    until(tab, "document.querySelector('.transcript') !== null")
    tab.find_element("link text", "all recordings").click()
    until(tab, "document.querySelector('table.sortable') !== null")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_out_of_the_window(tab, report: Path, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    tab.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for path in (report, *report.with_suffix("").iterdir()):
        show(tab, path)
        assert tab.execute_script("return document.documentElement.scrollWidth") <= width
    tab.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
