"""The live page and the documents hold at every width, whatever was said and by whom."""

from typing import Any

import msgspec

from sentivox.report.document import Document
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.browser.layout import LONG, WIDTHS, faults
from tests.report.made import talk
from tests.server.serving import Running

FEED = """
    const { page } = await load("app");
    const [names, utterances, summary] = given;
    page.reset(2, { channel_names: names });
    page.receive({ type: "Begin", t: 0, config: {}, models: {}, profile: "embedded" });
    for (const one of utterances) page.receive({ ...one, type: "Utterance", t: one.end });
    page.receive({ ...summary, type: "Summary", t: summary.duration });
    page.chart.whole = true;
    page.drawn = -Infinity;
    page.refresh();
"""


def feed(tab: Tab, heard: Document) -> None:
    """Let the page hear a conversation of two, as a server would tell it."""
    plain: Any = msgspec.to_builtins
    tab.module(FEED, heard.names, plain(heard.utterances), plain(heard.summary))
    tab.drawn()


def test_the_live_page_holds_before_during_and_after_a_call(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.show(1280, 1000)
        tab.open(site.http)
        tab.arrive("ready")
        for width in WIDTHS:
            assert faults(tab, width) == [], width
            tab.picture(f"welcome-{width}")
        tab.click("#sample")
        tab.arrive("listening")
        tab.until(lambda: tab.words, "words")
        for width in WIDTHS:
            assert faults(tab, width) == [], width
            tab.picture(f"running-{width}")
        tab.click("#stop")
        tab.arrive("done")
        tab.drawn()
        # The chart was drawn in a wide window, and the window narrows and widens.
        for width in (1920, 1280, 900, 390, 900, 1280, *WIDTHS):
            assert faults(tab, width) == [], width
            chart = "return document.querySelector('#chart .plot').getBoundingClientRect().width"
            assert width / 3 < tab.js(chart) < width - 40  # it takes what room there is
            tab.picture(f"done-{width}")
        for width in (390, 1280):
            assert faults(tab, width, theme="dark") == [], width
            tab.picture(f"done-{width}-dark")


def test_it_holds_whoever_talks_and_however_much_was_said(site: Running, browser: Open) -> None:
    calls = {
        "none": talk(0),
        "one": talk(1, names=("张先生", "李女士")),
        "ten": talk(10, names=(LONG, "客服" * 20)),
        "many": talk(2000),
    }
    for language in ("en-US,en", "zh-CN,zh,en"):
        with browser(language=language) as tab:
            tab.show(1280, 1000)
            tab.open(site.http)
            tab.arrive("ready")
            for name, heard in calls.items():
                feed(tab, heard)
                assert len(tab.js("return [...document.querySelectorAll('#chart .bar')]")) == len(
                    heard.utterances
                )
                for width in WIDTHS:
                    found = faults(tab, width)
                    tab.picture(f"{name}-{width}-{language[:2]}")
                    assert found == [], (name, width, language)
            assert tab.complaints() == []


def test_what_does_not_hold_is_seen(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.show(900, 1000)
        tab.open(site.http)
        tab.arrive("ready")
        for css, style, fault in (
            ("#sample", "margin-left: -3rem", "overlap"),
            ("#sample", "margin-left: 60rem", "px wide"),
            ("#law", "margin-right: -3rem", "sticks out of its card"),
            ("#law", "overflow: hidden; white-space: nowrap; width: 9rem", "is cut off"),
        ):
            assert faults(tab, 900) == []
            tab.js("document.querySelector(arguments[0]).style = arguments[1]", css, style)
            assert any(fault in found for found in faults(tab, 900)), fault
            tab.js("document.querySelector(arguments[0]).style = ''", css)


def test_the_documents_of_the_server_hold(site: Running, browser: Open) -> None:
    with browser() as tab:
        for path, loaded in (("docs", "#operations h3"), ("docs/protocol", "#parts h3")):
            tab.show(1280, 1000)
            tab.driver.get(f"{site.http}/{path}")
            seen = "return document.querySelector(arguments[0])"
            # These pages have no status to wait for.
            tab.driver.implicitly_wait(60)
            tab.find(loaded)
            assert tab.js(seen, loaded)
            for width in WIDTHS:
                assert faults(tab, width) == [], (path, width)
                tab.picture(f"{path.replace('/', '-')}-{width}")
