"""The page calls the speakers as the stream's Begin does."""

import csv

from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running

PHONE = (320, 1800)


def shown(tab: Tab) -> dict[str, str]:
    """The texts in which speakers are named."""
    places = ("channels", "legend", "utterances", "figures", "moments")
    return {place: tab.text(f"#{place}") for place in places}


def exported(tab: Tab) -> list[dict[str, str]]:
    """The rows of the CSV."""
    text = tab.module(
        "const { page } = await load('app'); const { asCsv } = await load('exports');"
        "return asCsv(page.conversation)"
    )
    return list(csv.DictReader(text.splitlines()))


def test_the_sample_call_is_between_an_agent_and_a_customer(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.drawn()
        for place, text in shown(tab).items():
            assert "Customer" in text, place
            assert "hannel" not in text, place
        assert "Talk, Agent" in tab.text("#figures")
        lanes = tab.texts("#chart .name")
        assert lanes == ["Agent", "Customer"]
        rows = exported(tab)
        assert {(row["channel"], row["channel_name"], row["role"]) for row in rows} == {
            ("0", "Agent", "agent"),
            ("1", "Customer", "customer"),
        }
        tab.click("#language")
        tab.drawn()
        for place, text in shown(tab).items():
            assert "客户" in text, place
            assert "声道" not in text, place
        assert exported(tab) == rows


def test_without_names_they_are_counted_from_1_and_one_alone_is_a_voice(
    site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.module("const { page } = await load('app'); page.reset(2, {})")
        assert tab.texts("#channels .head b") == ["Channel 1", "Channel 2"]
        tab.module("const { page } = await load('app'); page.reset(1, {})")
        assert tab.texts("#channels .head b") == ["Voice"]
        named = "page.reset(1, { channel_names: ['Ms Li'], roles: ['agent'] })"
        tab.module(f"const {{ page }} = await load('app'); {named}")
        assert tab.texts("#channels .head b") == ["Ms Li"]


def test_a_name_is_never_markup_and_never_widens_the_page(site: Running, browser: Open) -> None:
    wild, long = "<img src=x onerror=\"document.title='owned'\">"[:40], "W" * 40
    with browser() as tab:
        tab.show(*PHONE)
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            """
            const { page } = await load("app");
            page.conversation.names = given;
            page.chart.whole = true;
            page.translate();
            """,
            wild, long,
        )  # fmt: skip
        tab.drawn()
        tab.picture("names-320")
        for place, text in shown(tab).items():
            assert wild in text or long in text, place
        assert tab.js("return document.querySelectorAll('main img').length") == 0
        assert tab.js("return document.querySelectorAll('#chart img, #chart image').length") == 0
        wide = tab.js(
            "return [...document.querySelectorAll('body *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 90))"
        )
        assert (tab.js("return document.documentElement.scrollWidth"), wide) == (PHONE[0], [])
        assert {row["channel_name"] for row in exported(tab)} == {wild, long}


def test_names_and_roles_of_the_javascript_client_reach_the_server(
    site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(site.http)
        config = tab.module(
            """
            const { Stream } = await load("sentivox");
            const stream = new Stream(location.origin, {
              reconnectSeconds: 0, channels: 2, channelNames: ["Ms Li", "张先生"],
              roles: ["agent", "customer"],
            });
            const begin = await stream.open();
            stream.abort();
            return begin.config;
            """
        )
    assert config["channel_names"] == ["Ms Li", "张先生"]
    assert config["roles"] == ["agent", "customer"]
