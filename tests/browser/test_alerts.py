"""Alerts of rules on the page: among the moments, in both languages, at the width of a phone."""

from tests.browser.conftest import Open
from tests.server.serving import Running

PHONE = (320, 1800)
WILD = "<img src=x onerror=\"document.title='owned'\">" + "W" * 60


def test_an_alert_is_a_moment(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.show(*PHONE)
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            """
            const { page } = await load("app");
            const alert = { type: "Alert", seq: 900, t: 31, channel: 1, start: 20 };
            page.receive({ ...alert, rule: "dead air", severity: "info", why: "Nobody talked." });
            page.receive({ ...alert, t: 32, rule: given[0], severity: "critical", why: given[0] });
            """,
            WILD,
        )
        tab.drawn()
        tab.js("document.getElementById('moments').scrollIntoView()")
        tab.picture("alerts-320")
        first, *others = tab.texts("#moments .moment")
        (second,) = [text for text in others if "dead air" in text]
        assert first.startswith("!")
        assert f"Critical: {WILD}" in first
        assert second.startswith("i")
        assert "Note: dead air" in second
        assert "Nobody talked." in second
        assert tab.js("return document.querySelectorAll('main img').length") == 0
        assert tab.js("return document.documentElement.scrollWidth") == PHONE[0]
        exported = tab.module(
            "const { page } = await load('app'); const { asJson } = await load('exports');"
            "return JSON.parse(asJson(page)).rule_alerts"
        )
        assert [(a["rule"], a["t"], a["channel"]) for a in exported] == [
            ("dead air", 31, 1),
            (WILD, 32, 1),
        ]
        tab.click("#language")
        tab.drawn()
        assert any("提示：dead air" in text for text in tab.texts("#moments .moment"))
