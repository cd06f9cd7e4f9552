"""Why a label: the panel on an utterance's card, which asks the server when it is opened."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.axe import faults
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running

ANGRY = "i have been waiting for an hour and this is terrible 😀 i am angry"


@pytest.fixture
def tab(site: Running, browser: Open) -> Iterator[Tab]:
    """The page after the sample call, with a count of what it has asked about words."""
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.js(
            """
            window.asked = [];
            const before = window.fetch;
            window.fetch = (address, options) => {
              if (String(address).endsWith("v1/explain")) window.asked.push(options.body);
              return before(address, options);
            };
            """
        )
        yield tab


def receive(tab: Tab, changes: dict[str, object]) -> None:
    """One more utterance, like the last but for these changes; the topmost card is its."""
    tab.module(
        """
        const { page } = await load("app");
        const known = [...page.conversation.utterances.values()].at(-1);
        const part = { label: "negative", score: -0.5, scores: { negative: 0.7, neutral: 0.1, positive: 0.2 } };
        page.receive({ ...known, type: "Utterance", channel: 1, utterance_id: 90, revision: 1,
          start: 36, end: 39, transcript: null, text_sentiment: given[0].transcript ? part : null, ...given[0] });
        """,  # noqa: E501
        changes,
    )


def open_first(tab: Tab) -> None:
    """Open the panel of the topmost card, by keyboard."""
    tab.find("#utterances li:first-child summary").send_keys(Keys.ENTER)


def test_nothing_is_asked_before_it_is_opened_and_each_text_once(tab: Tab) -> None:
    receive(tab, {"transcript": ANGRY, "language": "en"})
    assert tab.js("return window.asked") == []
    open_first(tab)
    tab.until(lambda: tab.texts(".effect"), "effects")
    assert tab.text(".effects") == ANGRY
    assert tab.texts(".effect") == [word for word in ANGRY.split() if word != "😀"]
    assert {"terrible", "angry"} <= set(tab.texts(".lowers"))
    assert "towards negative: " in tab.text(".reason .hint")
    assert "terrible ×" in tab.text(".reason .hint")
    receive(tab, {"transcript": ANGRY, "language": "en", "revision": 2})
    tab.until(lambda: tab.texts(".effect"), "it stays open when the card is revised")
    assert len(tab.js("return window.asked")) == 1


def test_without_words_it_shows_tone_and_weights_only(tab: Tab) -> None:
    receive(tab, {})
    open_first(tab)
    tab.until(lambda: tab.texts(".reason h3"), "reasons")
    assert "What the words add" not in tab.texts(".reason h3")
    assert {"Weights", "Probabilities", "How sure"} <= set(tab.texts(".reason h3"))
    assert tab.js("return window.asked") == []


def test_the_tone_of_a_real_utterance_is_a_curve(tab: Tab) -> None:
    for summary in tab.driver.find_elements("css selector", "#utterances summary"):
        summary.click()
    tab.until(lambda: len(tab.texts(".reasons .effects")) >= 5, "panels")
    label = tab.js("return document.querySelector('.reason .sparkline').getAttribute('aria-label')")
    assert label.startswith("Tone from ")
    assert tab.complaints() == []


def test_words_none_of_which_decides_anything_say_so(tab: Tab) -> None:
    tab.module(
        """
        const { page } = await load("app");
        page.cards.explain = async () => ({ words: [{ word: "hm", start: 0, end: 2, effect: 0.05 }] });
        """  # noqa: E501
    )
    receive(tab, {"transcript": "hm", "language": "en"})
    open_first(tab)
    tab.until(lambda: "No single word" in "".join(tab.texts(".reason")), "says so")
    assert tab.texts(".lowers, .raises") == []


def test_a_language_that_is_not_scored_says_so(tab: Tab) -> None:
    receive(tab, {"transcript": "좋아요", "language": "ko"})
    open_first(tab)
    tab.until(lambda: "not scored" in "".join(tab.texts(".reason")), "why there are none")


def test_a_server_that_does_not_answer_is_asked_again(tab: Tab) -> None:
    tab.js("window.real = window.fetch; window.fetch = () => Promise.reject(new Error('cut'))")
    receive(tab, {"transcript": "this is terrible", "language": "en"})
    open_first(tab)
    tab.until(lambda: "no answer" in "".join(tab.texts(".reason")), "says so")
    tab.js("window.fetch = window.real")
    receive(tab, {"transcript": "this is terrible", "language": "en", "revision": 2})
    tab.until(lambda: tab.texts(".effect"), "effects")


def test_words_are_never_markup_and_it_fits_a_phone(tab: Tab, axe: str) -> None:
    wild = "<img src=x onerror=\"document.title='owned'\"> terrible " + "W" * 90
    receive(tab, {"transcript": wild, "language": "en"})
    for theme in ("light", "dark"):
        tab.show(320, 1800, theme)
        if theme == "light":
            open_first(tab)
            tab.until(lambda: tab.texts(".effect"), "effects")
        tab.until(lambda: tab.texts(".effects") == [wild], "open after a change of theme too")
        assert tab.js("return document.querySelectorAll('main img').length") == 0
        tab.js("document.querySelector('.reasons').scrollIntoView({ block: 'center' })")
        tab.picture(f"why-320-{theme}")
        assert tab.js("return document.documentElement.scrollWidth") == 320
        clipped = """
            const inside = document.querySelector(".reasons").getBoundingClientRect().right + 1;
            return [...document.querySelectorAll(".reasons *")].map(e => [e.textContent, e.getBoundingClientRect().right])
              .filter(([, right]) => right > inside);
            """  # noqa: E501
        assert tab.js(clipped) == []
        assert faults(tab, axe) == []


def test_in_chinese(tab: Tab) -> None:
    receive(tab, {"transcript": ANGRY, "language": "en"})
    tab.show(1280, 1400)
    tab.click("#language")
    open_first(tab)
    tab.until(lambda: tab.texts(".effect"), "effects")
    assert tab.text(".reason h3") == "各词的影响"
    tab.drawn()
    tab.js("document.querySelector('.reasons').scrollIntoView({ block: 'center' })")
    tab.picture("why-1280-zh")
