"""How the page looks and reads: light, dark, phone, Chinese, by keyboard, to a screen reader."""

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.axe import faults
from tests.browser.conftest import Open
from tests.server.serving import Running

DESKTOP, PHONE = (1280, 1400), (390, 1800)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(site: Running, browser: Open, axe: str, theme: str) -> None:
    with browser() as tab:
        tab.show(*DESKTOP, theme)
        tab.open(site.http)
        tab.arrive("ready")
        tab.picture(f"start-{theme}")
        assert faults(tab, axe) == []
        tab.click("#microphone")
        assert faults(tab, axe) == []
        ActionChains(tab.driver).send_keys(Keys.ESCAPE).perform()
        tab.click("#fast")
        tab.click("#sample")
        tab.arrive("done")
        tab.drawn()
        tab.picture(f"call-{theme}")
        assert faults(tab, axe) == []
        tab.show(*PHONE, theme)
        tab.drawn()
        tab.picture(f"phone-{theme}")
        assert faults(tab, axe) == []
        width = tab.js("return document.documentElement.scrollWidth")
        assert width <= PHONE[0]  # nothing to scroll sideways
        label = tab.js("return document.getElementById('chart').ariaLabel")
        assert label.startswith("Scores over time: 10")


def test_chinese(site: Running, browser: Open, axe: str) -> None:
    with browser(language="zh-CN,zh,en") as tab:
        tab.show(*DESKTOP)
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        assert tab.js("return document.documentElement.lang") == "zh-CN"
        assert tab.text("#microphone") == "使用麦克风"
        assert "客服" in tab.text("#channels")
        tab.module(
            """
            const { page } = await load("app");
            const known = [...page.conversation.utterances.values()].at(-1);
            page.receive({ ...known, type: "Utterance", utterance_id: 99, start: 30, end: 31,
              transcript: "我等了一个小时，太糟糕了", language: "zh" });
            """
        )
        assert tab.words[-1] == "我等了一个小时，太糟糕了"
        assert tab.find("#utterances .words").get_attribute("lang") == "zh"
        tab.drawn()
        tab.picture("call-zh")
        tab.show(*PHONE, "dark")
        tab.drawn()
        tab.picture("phone-zh-dark")
        assert faults(tab, axe) == []
        tab.click("#language")
        assert tab.text("#microphone") == "Use the microphone"
        assert tab.texts(".meta .label")[0].split()[1] in {
            "negative",
            "neutral",
            "positive",
            "unclear",
        }
        tab.open(site.http)
        assert tab.text("#microphone") == "Use the microphone"  # the choice is remembered


def test_every_text_is_there_in_both_languages(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        english, chinese = tab.module(
            "const { LANGUAGES } = await load('words');"
            "return [Object.entries(LANGUAGES.en), Object.entries(LANGUAGES.zh)]"
        )
        twice = tab.module(
            "const [live, history] = [await load('words'), await load('history-words')];"
            "return Object.keys(live.OWN.en).filter((name) => name in history.en)"
        )
        script = "return [...document.querySelectorAll('[data-say]')].map(e => e.dataset.say)"
        named = tab.js(script)
    assert dict(english).keys() == dict(chinese).keys()
    assert set(named) <= dict(english).keys()
    assert twice == []
    for name, text in english:
        holes = [set(re.findall(r"\{\w+\}", one)) for one in (text, dict(chinese)[name])]
        assert holes[0] == holes[1], name


def test_labels_and_disagreement_are_those_of_the_events(site: Running, browser: Open) -> None:
    """The page has no threshold of its own: it shows even a label that contradicts its score."""
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        odd = """
            const { page } = await load("app");
            const [agreement, label] = given;
            const known = [...page.conversation.utterances.values()].at(-1);
            const part = { label, score: -0.9, scores: {} };
            page.receive({ ...known, type: "Utterance", utterance_id: 99, start: 30, end: 31,
              text_sentiment: { ...part, score: 0.9 }, audio_sentiment: { ...part, emotions: {} },
              fused_score: -0.9, fused: { ...known.fused, label, confidence: 0.2, agreement } });
            """
        for agreement, label in ((False, "neutral"), (None, "unclear"), (True, "positive")):
            tab.module(odd, agreement, label)
            shown = "return [...document.querySelector('.card.utterance')"
            assert label in tab.js(f"{shown}.classList]")
            lines = tab.js(f"{shown}.querySelectorAll('.score')].map(e => e.className)")
            assert lines == [f"score {label}"] * 3
            told = tab.js("return document.querySelector('.card.utterance .details').textContent")
            assert ("words and tone disagree" in told) == (agreement is False)


def test_a_bar_that_is_pointed_at_says_what_it_is_and_leads_to_its_card(
    site: Running, browser: Open
) -> None:
    picked = "return document.activeElement.querySelector('.words')?.textContent"
    with browser() as tab:
        tab.show(*DESKTOP)
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.click("#whole")
        tab.drawn()
        for css, who, label in (
            ("#chart .plot .bar.negative", "Customer", "negative"),
            ("#chart .lane .block.positive", "Agent", "positive"),
        ):
            tab.js("window.scrollTo(0, 0)")
            ActionChains(tab.driver).move_to_element(tab.find(css)).perform()
            start = re.compile(rf"{who} 0:\d\d\.\d [+−]\d\.\d\d {label}")
            tab.until(lambda start=start: start.match(tab.text("#chart .tip")), "tip")
            told = tab.text("#chart .tip")
            assert any(told.endswith(words) for words in tab.words)
            inside = """
                const [label, chart] = [".tip", "#chart"].map((css) =>
                  document.querySelector(css).getBoundingClientRect());
                return label.top >= chart.top && label.bottom <= chart.bottom
                  && label.left >= chart.left && label.right <= chart.right;
                """
            assert tab.js(inside)
            ActionChains(tab.driver).click().perform()
            tab.until(lambda told=told: (tab.js(picked) or "nothing") in told, "card")
        ActionChains(tab.driver).move_to_element(tab.find("h1")).perform()
        tab.until(lambda: not tab.find("#chart .tip").is_displayed(), "no tip")


def test_the_chart_is_a_picture_to_keep(site: Running, browser: Open) -> None:
    """Drawn anew in the size of the picture, with the page's colours."""
    with browser() as tab:
        tab.show(*PHONE, "dark")
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        width, height, shades = tab.module(
            """
            const { page } = await load("app");
            const picture = new Image();
            picture.src = await page.chart.png(page.conversation);
            await picture.decode();
            const { width, height } = picture;
            const canvas = Object.assign(document.createElement("canvas"), { width, height });
            const paper = canvas.getContext("2d");
            paper.drawImage(picture, 0, 0);
            const { data } = paper.getImageData(0, 0, width, height);
            const shades = new Set();
            for (let i = 0; i < data.length; i += 4) shades.add(data.slice(i, i + 3).join());
            return [width, height, [...shades]];
            """
        )
        assert width == 1920
        assert 500 < height < 800
        card, curve = (23, 25, 30), (236, 238, 242)
        assert {",".join(map(str, shade)) for shade in (card, curve)} <= set(shades)
        assert tab.js("return document.querySelectorAll('.offscreen').length") == 0
        assert tab.complaints() == []


def test_a_transcript_is_never_markup(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            """
            const { page } = await load("app");
            const known = [...page.conversation.utterances.values()].at(-1);
            page.receive({ ...known, type: "Utterance", utterance_id: 99, start: 30, end: 31,
              transcript: given[0] });
            """,
            "<img src=x onerror=\"document.title='owned'\"> =1+1",
        )
        tab.drawn()
        assert tab.words[-1].startswith("<img")
        assert tab.js("return document.querySelectorAll('main img').length") == 0
        csv = tab.module(
            "const { page } = await load('app'); const { asCsv } = await load('exports');"
            "return asCsv(page.conversation)"
        )
        assert "<img src=x" in csv
        assert tab.js("return document.title") == "Sentivox"


def test_by_keyboard_alone(site: Running, browser: Open, voice: tuple[str, ...]) -> None:
    def press(*keys: str) -> None:
        ActionChains(tab.driver).send_keys(*keys).perform()

    focused = "return document.activeElement.id"
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.arrive("ready")
        visited: list[str] = []
        while (here := tab.js(focused)) != "fast":
            assert here not in visited[1:], visited
            visited.append(here)
            press(Keys.TAB)
        assert {"language", "microphone", "sample", "file", "spoken", "textOnly"} <= set(visited)
        tab.js("document.getElementById('microphone').focus()")
        press(Keys.ENTER)
        tab.until(lambda: tab.find("#consent").is_displayed(), "dialog")
        press(Keys.ESCAPE)
        tab.until(lambda: tab.js(focused) == "microphone", "focus is where it was")
        press(Keys.ENTER)
        tab.until(lambda: tab.find("#consent").is_displayed(), "dialog")
        press(Keys.ENTER)  # its first button
        tab.arrive("listening")
