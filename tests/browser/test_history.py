"""The page of stored conversations: listed, found, compared."""

from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver.support.select import Select

from sentivox.engine.engine import Engine
from sentivox.store.database import Database
from sentivox.store.write import apply
from tests.browser.archive import asked, call, lists, put, shown, visit
from tests.browser.conftest import Open
from tests.server.serving import Running, serving
from tests.store.conftest import within
from tests.store.made import AT, said


def test_the_list_is_newest_first_and_goes_on(archive: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, archive)
        first = shown(tab)
        assert first[:4] == ["silent", "hostile", "happy", "angry"]
        assert len(first) == 50
        angry = tab.texts(".session")[3]
        for part in (
            "0:30 · 2 utterances · stream · Agent, Ms Li",
            "team:sales",
            "! 1 alert",
            "−0.25",
        ):
            assert part in angry
        line = tab.js(
            "return document.querySelectorAll('.session')[3].querySelector('svg').ariaLabel"
        )
        assert line == "Mood from −0.20 to −0.60; lowest −0.60, highest −0.20"
        assert "call.flac" in tab.texts(".session")[2]
        tab.click("#more")
        tab.until(lambda: len(shown(tab)) == 59, "the rest")
        assert shown(tab)[:50] == first
        assert not tab.find("#more").is_displayed()
        assert tab.text("#status") == "All 59 shown"
        assert tab.js("return document.activeElement === document.querySelectorAll('.open')[50]")
        assert tab.complaints() == []


def test_filters_live_in_the_address(archive: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, archive)
        tab.find("#words").send_keys('"is unacceptable"\n')
        lists(tab, "angry")
        assert asked(tab) == {"q": ['"is unacceptable"']}
        tab.click("#filters summary")
        put(tab, "q", "")
        put(tab, "tag", "vip, team:sales")
        put(tab, "max_score", "0")
        Select(tab.find("[name=label]")).select_by_value("negative")
        tab.click("#filters button[type=submit]")
        tab.until(lambda: "tag" in asked(tab), "address")
        lists(tab, "angry")
        assert asked(tab) == {
            "tag": ["vip", "team:sales"],
            "max_score": ["0"],
            "label": ["negative"],
        }
        address = tab.driver.current_url
        tab.driver.back()
        tab.until(lambda: asked(tab).get("q"), "back")
        assert tab.find("#words").get_property("value") == '"is unacceptable"'
        tab.driver.back()
        tab.until(lambda: len(shown(tab)) == 50, "all")
        assert tab.find("#words").get_property("value") == ""
        tab.open(address)  # as somebody does to whom it was sent
        lists(tab, "angry")
        assert tab.find("[name=tag]").get_property("value") == "vip, team:sales"
        tab.click("#clear")
        tab.until(lambda: len(shown(tab)) == 50, "all")
        assert asked(tab) == {}
        tab.click(".session .tags a[href$='vip']")
        lists(tab, "happy", "angry")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=谢谢", ["happy"]),
        ("?since=2025-10-12", ["silent", "hostile", "happy"]),
        ("?since=2025-10-11&until=2025-10-12", ["happy", "angry"]),
        ("?source=upload", ["happy"]),
        ("?emotion=angry", ["angry"]),
        ("?alert=any", ["angry"]),
        ("?min_score=0.8", ["happy"]),
        ("?speaker=Ms+Li&tag=vip", ["happy", "angry"]),
    ],
)
def test_each_filter(archive: Running, browser: Open, query: str, found: list[str]) -> None:
    with browser() as tab:
        tab.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Shanghai"})
        visit(tab, archive, query)
        assert shown(tab) == found


def test_what_cannot_be_found_or_asked_says_so(archive: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, archive, "?q=antidisestablishmentarianism")
        assert "No conversation matches" in tab.text("#nothing")
        for query, problem in {
            "?min_score=9": "min_score: Input should be less than or equal to 1",
            "?since=yesterday": "since: Input should be a valid datetime",
            "?by=colour": "by: Input should be 'day', 'tag' or 'speaker'",
            "?session=nowhere": "There is no such conversation",
        }.items():
            tab.open(f"{archive.http}/history{query}")
            tab.arrive("failed")
            assert problem in tab.notice


def test_conversations_are_compared(archive: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, archive, "?tag=vip")
        tab.click("[data-by=tag]")
        tab.until(lambda: tab.texts("#trend .name") == ["vip", "team:sales"], "chart")
        assert asked(tab) == {"tag": ["vip"], "by": ["tag"]}
        rows = tab.js(
            "return [...groups.tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent))"
        )
        assert rows == [["vip", "2", "+0.33", "–"], ["team:sales", "1", "−0.25", "–"]]
        tab.click("[data-by=speaker]")
        tab.until(lambda: tab.texts("#groups a")[:1] == ["Agent"], "speakers")
        tab.click("#clear")
        tab.until(lambda: asked(tab) == {}, "all")
        tab.click("[data-by=day]")
        tab.until(lambda: len(tab.texts("#groups a")) == 4, "days")
        label = tab.js("return document.getElementById('trend').ariaLabel")
        assert label.startswith("Mean mood of 4 groups")
        tab.click("#groups a")
        tab.until(lambda: asked(tab).get("since"), "one day")
        tab.driver.back()
        tab.until(lambda: asked(tab) == {"by": ["day"]}, "back")
        tab.click("[data-by='']")
        tab.until(lambda: len(shown(tab)) == 50, "list")
        assert tab.complaints() == []


def test_a_comparison_can_be_kept(archive: Running, browser: Open) -> None:
    saved = """
        const kept = [];
        HTMLAnchorElement.prototype.click = function () { kept.push([this.download, this.href]); };
        window.kept = kept;
        """
    with browser() as tab:
        visit(tab, archive, "?by=tag")
        tab.js(saved)
        tab.click("#trendCsv")
        tab.click("#trendPng")
        tab.until(lambda: len(tab.js("return kept")) == 2, "files")
        names = [name for name, _ in tab.js("return kept")]
        assert names == ["sentivox-trend.csv", "sentivox-trend.png"]
        size = tab.module(
            "const p = new Image(); p.src = kept[1][1]; await p.decode();return [p.width, p.height]"
        )
        assert size[0] == 1920
        assert size[1] > 2 * 30 * len(tab.texts("#groups a"))
        rows = tab.module(
            "const { Trend } = await load('history-trend');"
            "const trend = new Trend();"
            "const group = { key: '=1+1', sessions: 3, mean_score: 0.5, low: 0.4, high: 0.6 };"
            "trend.show('tag', [group], new URLSearchParams());"
            "return trend.csv()"
        )
        assert rows == "tag,conversations,mean_score,low,high\r\n'=1+1,3,0.5,0.4,0.6\r\n"
        assert tab.complaints() == []


def test_ten_thousand_conversations(engine: Engine, browser: Open, tmp_path: Path) -> None:
    async def many(database: Database) -> None:
        await database.prepare()
        for first in range(0, 10_000, 1000):
            calls = [
                change
                for n in range(first, first + 1000)
                for change in call(f"c{n:05d}", said(score=0.5, words=f"number {n} thank you"),
                                   at=AT + 60 * n, mood=(0.1, 0.5))
            ]  # fmt: skip
            await database.write(partial(apply, changes=calls))

    address = f"sqlite:///{tmp_path}/calls.db"
    within(address, many)
    with serving(engine, store=address) as running, browser() as tab:
        visit(tab, running)
        assert shown(tab) == [f"c{n:05d}" for n in range(9999, 9949, -1)]
        tab.click("#more")
        tab.until(lambda: len(shown(tab)) == 100, "more")
        visit(tab, running, "?q=thank")
        assert shown(tab)[0] == "c09999"
        visit(tab, running, "?q=4711")
        assert shown(tab) == ["c04711"]
        visit(tab, running, "?by=day")
        assert len(tab.texts("#groups a")) == 8
        assert tab.complaints() == []
