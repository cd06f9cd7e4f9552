"""The page of stored conversations: on every screen, by keyboard, in Chinese, with a token."""

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from tests.browser import layout
from tests.browser.archive import HOSTILE, lists, shown, visit
from tests.browser.axe import faults
from tests.browser.conftest import Open
from tests.browser.layout import WIDTHS
from tests.server.serving import Running, serving


def test_nothing_that_was_said_is_markup(archive: Running, browser: Open) -> None:
    with browser() as tab:
        for query in ("", "?by=tag", "?session=hostile"):
            visit(tab, archive, query)
            tab.until(lambda: "onerror" in tab.text("main"), "text")
            assert tab.js("return document.querySelectorAll('main img').length") == 0
            assert tab.js("return document.title") != "owned"
        assert tab.words == [HOSTILE]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_axe_finds_no_serious_fault(
    archive: Running, browser: Open, axe: str, theme: str
) -> None:
    with browser() as tab:
        many = ("", "?tag=vip&min_score=-1", "?by=tag", "?by=day", "?by=speaker")
        queries = (*many, "?session=angry", "?session=hostile")
        for query in queries:
            tab.show(1280, 1400, theme)
            visit(tab, archive, query)
            if "by=" in query:
                tab.until(lambda: tab.js("return document.querySelector('#trend .dot')"), "chart")
            for width in WIDTHS:
                assert layout.faults(tab, width, 1400, theme) == [], (query, width)
                name = query.strip("?").replace("=", "-") or "list"
                tab.picture(f"history-{name}-{width}-{theme}")
                if width in {320, 1280}:
                    assert faults(tab, axe) == [], (query, width)
        tab.click("#erase")
        assert faults(tab, axe) == []


def test_in_chinese(archive: Running, browser: Open) -> None:
    with browser(language="zh-CN,zh,en") as tab:
        tab.show(390, 1400)
        visit(tab, archive)
        assert tab.js("return document.documentElement.lang") == "zh-CN"
        assert tab.text("#search button") == "搜索"
        assert "2 句 · 实时 · 客服, Ms Li" in tab.texts(".session")[3]
        tab.picture("history-zh")
        visit(tab, archive, "?session=angry")
        assert tab.texts("#utterances .label") == ["▼ 消极", "▲ 积极"]
        assert "angry customer" in tab.text("#alerts li")
        tab.picture("history-session-zh")
        tab.find("[name=note]").send_keys("未保存")
        tab.click("#language")
        assert tab.texts("#utterances .label") == ["▼ negative", "▲ positive"]
        assert tab.find("[name=note]").get_property("value") == "未保存"
        tab.click("#back")
        tab.until(lambda: len(shown(tab)) == 50, "list")
        assert "2 utterances" in tab.texts(".session")[3]


def test_by_keyboard_alone(scratch: Running, browser: Open) -> None:

    def press(*keys: str) -> None:
        ActionChains(tab.driver).send_keys(*keys).perform()

    def tab_to(css: str) -> None:
        for _ in range(40):
            if tab.js("return document.activeElement.matches(arguments[0])", css):
                return
            press(Keys.TAB)
        raise AssertionError(css)

    with browser() as tab:
        visit(tab, scratch)
        tab_to("#words")
        press("unacceptable", Keys.TAB, Keys.TAB, Keys.ENTER)  # the search's button, more filters
        tab_to("[name=tag]")
        press("old", Keys.ENTER)
        lists(tab, "mine")
        assert tab.js("return document.activeElement.id") == "manyTitle"
        tab_to(".open")
        outline = "return getComputedStyle(document.activeElement, '::after').outlineStyle"
        assert tab.js(outline) == "solid"
        press(Keys.ENTER)
        tab.until(lambda: tab.js("return document.activeElement.id") == "oneTitle", "conversation")
        tab_to("#erase")
        press(Keys.ENTER)
        tab.until(lambda: tab.find("#erasing").is_displayed(), "dialog")
        press(Keys.ESCAPE)
        tab.until(lambda: tab.js("return document.activeElement.id") == "erase", "focus is back")
        tab_to("#utterances select")
        press("u")  # unclear, as in every list of choices
        tab.until(lambda: tab.texts("#utterances .label")[0] == "○ unclear", "corrected")
        tab.until(lambda: tab.js("return document.activeElement.value") == "unclear", "focus stays")


def test_the_live_page_leads_there_where_there_is_a_store(
    archive: Running, site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        assert not tab.find("#history").is_displayed()
        tab.open(f"{site.http}/history")
        tab.arrive("failed")
        assert "sentivox serve --store sqlite:///calls.db" in tab.notice
        tab.open(archive.http)
        tab.until(lambda: "keeps what it finds" in tab.text("#law"), "what is kept")
        tab.click("#history")
        tab.arrive("ready")
        assert len(shown(tab)) == 50


def test_a_token_is_asked_for_once(engine: Engine, store: str, browser: Open) -> None:
    token = new_token()
    with serving(engine, store=store, keyring=Keyring.of([token])) as running, browser() as tab:
        tab.open(f"{running.http}/history?by=tag")
        tab.until(lambda: tab.find("#access").is_displayed(), "asks")
        tab.find("#token").send_keys("wrong\n")
        tab.until(lambda: "Unknown token" in tab.notice, "refused")
        tab.find("#token").send_keys(f"{token}\n")
        tab.arrive("ready")
        assert tab.text("#nothing") == "No conversation has a tag yet."  # but somebody else's have
        visit(tab, running)
        assert not tab.find("#access").is_displayed()


def test_a_database_that_is_away(engine: Engine, browser: Open, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "store": "postgresql://user@127.0.0.1:1/calls",
        "store_spill": tmp_path / "spill",
    }
    with serving(engine, **settings) as running, browser() as tab:
        tab.open(f"{running.http}/history")
        tab.arrive("failed")
        assert "does not answer now. Nothing is lost" in tab.notice
        assert tab.find("#notice button").is_displayed()  # try again
        tab.js("document.getElementById('status').dataset.state = 'before'")
        tab.click("#notice button")
        tab.arrive("failed")
