"""What a manager reads on the page: the headline, moments by weight, words in place of codes."""

from selenium.webdriver.common.by import By

from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running

HEADLINE = "Customer turned negative at 0:12 (“waiting for an hour”) and left "
WARN = """
    const { page } = await load("app");
    const warn = (t, code, detail = {}) =>
      page.receive({ type: "Warning", seq: 900 + t, t, code, message: "by the server", detail });
"""
BUSY = """
    warn(31, "degraded", { level: 1 });
    warn(32, "audio_dropped", { seconds: 1.5 });
    warn(33, "degraded", { level: 2 });
    warn(34, "audio_dropped", { seconds: 0.7 });
"""
SAY = """
    const { page } = await load("app");
    const { summary } = page.conversation;
    page.receive({ ...summary, type: "Summary", ...given[0] });
"""


def moments(tab: Tab) -> list[str]:
    return tab.texts("#moments .moment > div")


def test_the_headline_is_the_servers_in_the_language_of_the_page(
    site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.drawn()
        assert tab.text("#headline").startswith(HEADLINE)
        assert "Agent " in tab.text("#headline")
        tab.picture("headline")
        tab.click("#language")
        tab.drawn()
        assert tab.text("#headline").startswith("客户在 0:12 转为消极（“waiting for an hour”）")
        tab.picture("headline-zh")
        wild = "<img src=x onerror=\"document.title='owned'\">"
        tab.module(SAY, {"headline": {"en": "only English", "zh": wild}})
        tab.drawn()
        assert tab.text("#headline") == wild
        tab.module(SAY, {"headline": {"en": "only English"}})
        tab.drawn()
        assert tab.text("#headline") == "only English"
        tab.module(SAY, {"headline": None})  # of a server that sends none
        tab.drawn()
        assert not tab.find("#headline").is_displayed()


def test_the_heaviest_moment_comes_first_and_load_is_one_of_them(
    site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.drawn()
        first, *_ = moments(tab)
        assert first.startswith("Customer turns for the worse")
        before = len(moments(tab))
        tab.module(WARN + BUSY)
        tab.drawn()
        (state,) = [text for text in moments(tab) if "server" in text]
        assert state == (
            "The server is busy: tone in larger steps, words come later,"
            " 2.2 s of audio were dropped"
        )
        assert len(moments(tab)) == before + 1
        tab.module(
            WARN + "warn(65, 'restored', { level: 0 }); warn(66, 'of_a_newer_server', null);"
        )
        tab.drawn()
        (state,) = [text for text in moments(tab) if "server was busy" in text]
        assert state.startswith("The server was busy until 1:05: tone in larger steps, ")
        assert "of a newer server" in moments(tab)
        codes = [
            node.get_attribute("title")
            for node in tab.driver.find_elements(By.CSS_SELECTOR, "#moments .moment > div[title]")
        ]
        assert set(codes) == {"restored", "of_a_newer_server"}
        tab.click("#language")
        tab.drawn()
        assert any(
            text.startswith("服务器曾繁忙，1:05 恢复：语气分析间隔加大，") for text in moments(tab)
        )


def test_codes_become_words_with_the_code_in_a_tooltip(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            """
            const { page } = await load("app");
            const [said] = page.conversation.utterances.values();
            const { key, ...event } = said;
            page.receive({ ...event, type: "Utterance", revision: event.revision + 1,
              latency_ms: { ...event.latency_ms, total: 80_400 },
              degraded: ["tone_coarse", "asr_failed:overloaded", "of_the_future:as_well"] });
            """
        )
        tab.drawn()
        (line,) = [text for text in tab.texts(".utterance .details") if "tone in" in text]
        assert line.endswith(
            " · tone in larger steps, as the server was busy"
            " · speech recognition failed (the server was overloaded) · of the future (as well)"
        )
        tooltips = tab.js("return [...document.querySelectorAll('.lack')].map(node => node.title)")
        assert tooltips == ["tone_coarse", "asr_failed:overloaded", "of_the_future:as_well"]
        latencies = tab.texts(".utterance .latency")
        assert "1 min 20 s" in latencies
        assert not any("ms" in text for text in latencies)
        tab.click("#language")
        tab.drawn()
        assert "1 分 20 秒" in tab.texts(".utterance .latency")
        assert any(
            "语音识别失败（服务器过载）" in text for text in tab.texts(".utterance .details")
        )


def test_a_trend_is_shown_where_it_is_more_than_chance(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        for trend, error, talk, shown in (
            (0.2, 0.05, 61, True),
            (0.2, 0.15, 61, False),
            (-0.2, 0.05, 59, False),
            (None, None, 300, False),
        ):
            tab.module(
                """
                const { page } = await load("app");
                const { summary } = page.conversation;
                const overall = { ...summary.overall, trend: given[0], trend_error: given[1],
                  talk_seconds: given[2] };
                page.receive({ ...summary, type: "Summary", overall });
                """,
                trend,
                error,
                talk,
            )
            tab.drawn()
            assert ("Trend" in tab.text("#figures")) is shown
