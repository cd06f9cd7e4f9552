"""The page's figures of how people talk."""

from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running

PHONE = (320, 2400)
FIGURES = """
    const { page } = await load("app");
    const { summary } = page.conversation;
    const [caller, other] = summary.channels;
    page.receive({ ...summary, type: "Summary", ...given[0],
      channels: [{ ...caller, ...given[1] }, { ...other, ...given[2] }] });
"""
KNOWN = {
    "longest_monologue": {"start": 1, "seconds": 12.34},
    "patience": 0.25,
    "questions": 0,
    "words_per_minute": 151.6,
    "start_score": -0.5,
    "end_score": 0.25,
}


def rows(tab: Tab) -> dict[str, list[str]]:
    table = tab.js(
        "return [...document.querySelectorAll('#talk tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    return {row[0]: row[1:] for row in table}


def test_the_card_has_the_figures_of_each_channel(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.drawn()
        before = rows(tab)
        assert before[""] == ["Agent", "Customer"]
        assert all(value.endswith(" s") for value in before["Longest monologue"])
        assert "Silence" in tab.text("#figures")
        nothing = dict.fromkeys(KNOWN)
        tab.module(FIGURES, {"silence_ratio": 0.126, "escalation": 0.344}, KNOWN, nothing)
        tab.drawn()
        assert "Silence13 %" in tab.text("#figures")
        assert "Risk of escalation34 %" in tab.text("#figures")
        assert rows(tab) == {
            "": ["Agent", "Customer"],
            "Longest monologue": ["12.3 s", "–"],
            "Pause before answers": ["0.3 s", "–"],
            "Questions asked": ["0", "–"],
            "Words a minute": ["152", "–"],
            "Score at the start": ["−0.50", "–"],
            "Score at the end": ["+0.25", "–"],
        }
        tab.module(FIGURES, {"silence_ratio": None}, {**nothing, "questions": 2}, nothing)
        tab.drawn()
        assert rows(tab) == {"": ["Agent", "Customer"], "Questions asked": ["2", "–"]}
        tab.module(FIGURES, {}, nothing, nothing)
        tab.drawn()
        assert rows(tab) == {}


def test_of_one_voice_alone_there_is_no_monologue(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            """
            const { page } = await load("app");
            const { summary } = page.conversation;
            const channels = [{ ...summary.channels[0], ...given[0] }];
            page.reset(1, {});
            page.receive({ ...summary, type: "Summary", channels });
            """,
            {**KNOWN, "patience": None},
        )  # fmt: skip
        tab.drawn()
        assert rows(tab) == {
            "": ["Voice"],
            "Questions asked": ["0"],
            "Words a minute": ["152"],
            "Score at the start": ["−0.50"],
            "Score at the end": ["+0.25"],
        }


def test_the_figures_fit_a_phone_in_both_languages(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.show(*PHONE)
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(FIGURES, {}, KNOWN, KNOWN)
        for language in ("en", "zh"):
            tab.drawn()
            tab.js("document.getElementById('summary').scrollIntoView()")
            tab.picture(f"figures-320-{language}")
            assert tab.js("return document.documentElement.scrollWidth") == PHONE[0]
            inner = tab.js(
                "const e = document.querySelector('.scroll'); return [e.scrollWidth, e.clientWidth]"
            )
            assert inner[0] <= inner[1]
            tab.click("#language")
        tab.drawn()
        assert rows(tab)["Longest monologue"] == ["12.3 s", "12.3 s"]
        tab.show(1280, 1400, "dark")
        tab.drawn()
        tab.js("document.getElementById('summary').scrollIntoView()")
        tab.picture("figures-wide")
