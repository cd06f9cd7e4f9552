"""What the page shows and says while somebody speaks: words so far, and news once each."""

from typing import Any

from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running, call_audio


def events(tab: Tab, *given: dict[str, Any]) -> None:
    """Let the page receive events."""
    tab.module(
        "const { page } = await load('app'); for (const event of given[0]) page.receive(event);",
        [{"seq": 900, "t": 40.0, "channel": 1, "utterance_id": 90} | event for event in given],
    )


def so_far(tab: Tab) -> list[str]:
    """The words so far, by speaker."""
    return tab.texts("#channels .interim")


def test_words_so_far_of_a_real_stream_are_shown(site: Running, browser: Open) -> None:
    said_but_not_over = call_audio(3.0, 6.15)
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        tab.module(
            """
            const { page } = await load("app");
            page.run = { samples: 1, source: { live: true }, name: "x" };
            window.stream = page.stream({ channels: 1, live: true });
            await window.stream.open();
            window.stream.send(new Int16Array(new Uint8Array(given[0]).buffer));
            """,
            list(said_but_not_over),
        )
        shown = tab.until(lambda: so_far(tab)[0], "words so far, while the stream is open")
        assert tab.words == []
        tab.module("await window.stream.close()")
        tab.until(lambda: so_far(tab) == [""], "the result has replaced them")
        assert tab.words == [shown]
        tab.module("const { page } = await load('app'); page.run = null;")


def test_words_so_far_stay_until_the_result_is_there(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.module(
            "const { page } = await load('app'); page.run = { samples: 1, source: {}, name: 'x' };"
        )
        interim = {"type": "InterimTranscript", "transcript": "i have been"}
        events(tab, {"type": "SpeechStarted", "start": 39.0}, interim)
        tab.until(lambda: so_far(tab) == ["", "i have been"], "in the lane of the speaker")
        events(tab, {"type": "SpeechEnded", "start": 39.0, "end": 40.0, "discarded": False})
        tab.until(lambda: tab.texts(".vad")[1] == "silent", "the end of speech")
        assert so_far(tab) == ["", "i have been"]
        tab.module(
            """
            const { page } = await load("app");
            const known = [...page.conversation.utterances.values()].at(-1);
            page.receive({ ...known, type: "Utterance", channel: 1, utterance_id: 90,
              start: 39, end: 40, transcript: "i have been waiting" });
            """
        )
        tab.until(lambda: so_far(tab) == ["", ""], "the result has replaced them")
        events(tab, interim | {"utterance_id": 91})
        tab.until(lambda: so_far(tab)[1], "the next")
        over = {"type": "SpeechEnded", "start": 41.0, "end": 41.1, "discarded": True}
        events(tab, over | {"utterance_id": 91})
        tab.until(lambda: so_far(tab) == ["", ""], "it was none")
        tab.module("const { page } = await load('app'); page.run = null;")


def test_a_screen_reader_hears_final_results_and_alerts_once(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        live = "return [...document.querySelectorAll('[aria-live]')].map(e => e.id)"
        assert tab.js(live) == ["spokenNews"]
        assert tab.texts("#spokenNews span") == []  # of a fast recording the page has all at once
        tab.module(
            """
            const { page } = await load("app");
            page.run = { samples: 1, source: { live: true }, name: "x" };
            const known = [...page.conversation.utterances.values()].at(-1);
            const words = { ...known, type: "Utterance", channel: 1, utterance_id: 90, start: 39 };
            page.receive({ ...words, final: false, transcript: null });
            const interim = { type: "InterimTranscript", channel: 1, utterance_id: 91 };
            page.receive({ ...interim, transcript: "so" });
            page.receive({ ...words, revision: 2, final: true, transcript: "<b>thank</b> you" });
            page.receive({ type: "Alert", t: 40, channel: 1, start: 39, rule: "dead air",
              severity: "info", why: "Nobody talked." });
            page.run = null;
            """
        )
        told = tab.texts("#spokenNews span")
        assert [text.rpartition(": ")[2] for text in told] == ["<b>thank</b> you", "dead air"]
        assert told[0].startswith("Customer, ")
