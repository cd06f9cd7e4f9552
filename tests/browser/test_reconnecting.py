"""A network or a server that goes away: the page comes back by itself and goes on."""

import contextlib
import json
from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.stream.config import StreamConfig
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import (
    Message,
    Running,
    call_audio,
    content,
    offline,
    serving,
    wait_for,
)
from tests.server.wire import Wire

TONE = StreamConfig(modalities=frozenset({"audio"}))
"""No words: what is tested is the way there and back."""

STREAM = """
    const { Stream } = await load("sentivox");
    const [address, bytes] = given;
    const samples = new Int16Array(new Uint8Array(bytes).buffer);
    const stream = window.stream = new Stream(address, {
      modalities: ["audio"], reconnectSeconds: 120,
    });
    window.events = [];
    window.states = [];
    stream.on("*", (event) => window.events.push(event));
    stream.on("state", ({ state }) => window.states.push(state));
    await stream.open();
    window.say = (from, to) => {
      for (let at = from; at < to; at += 640) {
        stream.send(samples.subarray(at, Math.min(at + 640, to)));
      }
    };
"""


def events(tab: Tab) -> list[Message]:
    return tab.js("return window.events")


def said(messages: list[Message]) -> list[Message]:
    """Their content, in one order of keys and with numbers as JavaScript writes them."""
    return content(json.loads(json.dumps(messages, sort_keys=True), parse_float=number))


def number(text: str) -> float:
    return int(float(text)) if float(text).is_integer() else float(text)


def test_after_a_cut_no_event_is_missed_or_comes_twice(
    engine: Engine, site: Running, browser: Open
) -> None:
    spoken = call_audio(3.0, 9.4)
    expected = said(offline(engine, spoken, config=TONE))
    samples = len(spoken) // 2
    with Wire(site) as wire, browser() as tab:
        tab.open(f"http://{wire.address}")
        tab.module(STREAM, f"ws://{wire.address}", list(spoken))
        tab.js("say(0, arguments[0])", samples // 3)
        tab.until(lambda: [e for e in events(tab) if e["type"] == "AudioSentiment"], "tone")
        wire.cut()
        tab.js("say(arguments[0], arguments[1])", samples // 3, samples // 2)  # into the void
        again = "return states.filter((state) => state === 'open').length === 2"
        tab.until(lambda: tab.js(again), "connected again")
        wire.cut()
        tab.js("say(arguments[0], arguments[1])", samples // 2, samples)
        done = tab.module("return [await stream.close(), stream.offset, events, states]")
    termination, offset, whole, states = done
    assert [e["seq"] for e in whole] == list(range(1, len(whole) + 1))
    assert said(whole) == expected
    assert (termination["type"], offset) == ("Termination", 0)
    assert states.count("waiting") >= 2
    assert states[-1] == "closed"


def test_a_server_that_went_down_in_order_is_followed_by_a_new_session(
    engine: Engine, browser: Open
) -> None:
    spoken = call_audio(3.0, 9.4)
    with contextlib.ExitStack() as second, browser() as tab:
        with serving(engine, late_s=600.0, drain_s=300.0) as first:
            port = int(first.address.split(":")[1])
            tab.open(first.http)
            tab.module(STREAM, first.http, list(spoken))
            tab.js("say(0, arguments[0])", len(spoken) // 4)  # all of the first utterance
            conversation = first.server.service.sessions.conversations[0]
            wait_for(lambda: conversation.intake.received == len(spoken) // 4 * 2)
        tab.js("say(arguments[0], arguments[1])", len(spoken) // 4, len(spoken) // 2)
        assert tab.js("return states.at(-1)") != "closed"
        second.enter_context(serving(engine, late_s=600.0, port=port))
        whole, offset = tab.module("await stream.close(); return [events, stream.offset]")
    sessions = {e["session_id"] for e in whole}
    assert len(sessions) == 2
    ends: list[dict[str, Any]] = [e for e in whole if e["type"] == "Termination"]
    assert [end["reason"] for end in ends] == ["draining", "closed"]
    assert offset == ends[0]["audio_seconds"]
    # Nothing is lost: the two sessions heard it all between them.
    assert sum(end["audio_seconds"] for end in ends) == len(spoken) / 32_000
    assert len([e for e in whole if e["type"] == "Utterance"]) == 2


def test_the_microphone_goes_on_after_the_server_was_restarted(
    engine: Engine, browser: Open, voice: tuple[str, ...]
) -> None:
    with contextlib.ExitStack() as second, browser(*voice) as tab:
        with serving(engine, late_s=600.0) as first:
            port = int(first.address.split(":")[1])
            tab.open(first.http)
            tab.agree()
            tab.arrive("listening")
            tab.until(lambda: tab.words, "an utterance")
        tab.until(lambda: tab.status in {"waiting", "connecting"}, "cut")
        before = len(tab.words)
        elapsed = "const { page } = await load('app'); return page.conversation.elapsed"
        known = tab.module(elapsed)
        second.enter_context(serving(engine, late_s=600.0, port=port))
        tab.arrive("listening")
        tab.until(lambda: len(tab.words) > before, "another utterance")
        starts = tab.module(
            "const { page } = await load('app');"
            "return [...page.conversation.utterances.values()].map(({ start }) => start)"
        )
        assert starts == sorted(starts)  # the new session's times follow the old one's
        assert tab.module(elapsed) > known
        tab.click("#stop")
        tab.arrive("done")
        assert tab.notice == ""


def test_a_server_that_was_killed_is_followed_by_a_new_session(
    engine: Engine, browser: Open
) -> None:
    spoken = call_audio(3.0, 9.4)
    with (
        serving(engine, late_s=600.0) as one,
        serving(engine, late_s=600.0) as other,
        Wire(one) as wire,
        browser() as tab,
    ):
        tab.open(f"http://{wire.address}")
        tab.module(STREAM, f"ws://{wire.address}", list(spoken))
        tab.js("say(0, arguments[0])", len(spoken) // 4)
        tab.until(lambda: [e for e in events(tab) if e["type"] == "SpeechStarted"], "speech")
        wire.target = other.address  # which knows nothing of that session
        wire.cut()
        tab.js("say(arguments[0], arguments[1])", len(spoken) // 4, len(spoken) // 2)
        whole, offset = tab.module("await stream.close(); return [events, stream.offset]")
    second = [e for e in whole if e["session_id"] == whole[-1]["session_id"]]
    assert [e["type"] for e in second[:2]] == ["Begin", "Warning"]
    assert second[1]["code"] == "not_resumed"
    assert offset == len(spoken) // 4 / 16_000  # what was on its way is gone with it, no more
    assert second[-1]["audio_seconds"] == len(spoken) // 4 / 16_000


@pytest.mark.parametrize(
    ("local", "expected"),
    [(True, "bad_request"), (False, "unreachable")],
    ids=["refused", "forbidden by the page's policy"],
)
def test_a_stream_that_cannot_be_says_why(
    site: Running, browser: Open, local: bool, expected: str
) -> None:
    with browser() as tab:
        tab.open(site.http)
        code, state = tab.module(
            """
            const { Stream } = await load("sentivox");
            const stream = new Stream(...given);
            const error = await stream.open().catch((problem) => problem);
            return [error.code, stream.state];
            """,
            f"ws://{site.address}" if local else "ws://127.0.0.1:1",
            {"language": "not a language"},
        )
    assert (code, state) == (expected, "closed")


def test_without_a_server_it_gives_up_in_time(engine: Engine, browser: Open) -> None:
    with browser() as tab, serving(engine) as gone, Wire(gone) as wire:
        tab.open(f"http://{wire.address}")
        tab.module(
            """
            const { Stream } = await load("sentivox");
            window.stream = new Stream(given[0], { reconnectSeconds: 1.5 });
            await stream.open();
            """,
            f"ws://{wire.address}",
        )
        wire.target = "127.0.0.1:1"
        wire.cut()
        code = tab.module("return stream.done.catch(({ code }) => code)")
        assert code == "unreachable"
