"""What one client may take, each bound met and passed on a real server."""

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.files import write_wav
from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.admission.limits import TokenBucket, neighbourhood
from tests.server.serving import (
    Running,
    client,
    content,
    kinds,
    only,
    pieces,
    serving,
    wait_for,
)

TONE = "modalities=audio"


def refusal(running: Running, **call: Any) -> dict[str, Any]:
    with running.call(TONE, **call) as caller:
        (error,) = caller.rest()
    assert caller.code == 1013
    return error


def test_an_address_has_so_many_streams_and_others_theirs(engine: Engine) -> None:
    with serving(engine, max_per_address=2) as running, ExitStack() as open_:
        callers = [open_.enter_context(running.call(TONE)) for _ in range(2)]
        for caller in callers:
            assert caller.next()["type"] == "Begin"
        error = refusal(running)
        assert (error["code"], error["retry_after_s"]) == ("too_many_streams", 2.0)
        assert "address" in error["message"]
        with running.call(TONE, source="127.0.0.2") as other:
            assert other.next()["type"] == "Begin"
        callers[0].finish()
        wait_for(lambda: len(running.server.service.sessions) == 1)
        with running.call(TONE) as again:
            assert again.next()["type"] == "Begin"


def test_a_token_has_so_many_streams_and_others_theirs(engine: Engine) -> None:
    one, two = new_token(), new_token()
    with serving(engine, max_per_token=1, keyring=Keyring.of([one, two])) as running:
        with (
            running.call(TONE, Authorization=f"Bearer {one}") as first,
            running.call(TONE, Authorization=f"Bearer {two}") as second,
        ):
            assert [c.next()["type"] for c in (first, second)] == ["Begin", "Begin"]
            error = refusal(running, source="127.0.0.3", Authorization=f"Bearer {one}")
            assert "token" in error["message"]
        wait_for(lambda: len(running.server.service.sessions) == 0)
        with running.call(TONE, Authorization=f"Bearer {one}") as again:
            assert again.next()["type"] == "Begin"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_customers_whole_network_is_one_address(address: str, place: str) -> None:
    assert neighbourhood(address) == place


def test_a_session_ends_when_its_time_is_over(engine: Engine) -> None:
    with serving(engine, max_session_s=0.5) as running, running.call(TONE) as caller:
        assert caller.next()["limits"]["max_session_seconds"] == 0.5
        messages = caller.rest()
    assert kinds(messages) == ["Warning", "Summary", "Termination"]
    assert messages[0]["code"] == messages[-1]["reason"] == "session_limit"
    assert caller.code == 1000


def test_and_when_its_audio_is_as_much_as_may_be(engine: Engine, speech: bytes) -> None:
    with serving(engine, max_session_s=6.0) as running, running.call(TONE) as caller:
        caller.send(*pieces(speech, 16_000))  # 6.4 s, and at once
        messages = caller.rest()
    assert [w["code"] for w in only(messages, "Warning")] == ["session_limit"]
    assert messages[-1]["reason"] == "session_limit"
    assert only(messages, "Utterance")


def test_a_flood_of_messages_is_read_slowly_told_and_loses_nothing(
    engine: Engine, sentence: bytes
) -> None:
    with serving(engine, late_s=600.0, messages_per_s=400.0) as running:
        with running.call(TONE) as caller:
            flood = caller.finish(*pieces(sentence, 100))  # 1104 messages, 800 at once are free
        with running.call(TONE) as caller:
            calm = caller.finish(sentence)
    warnings = only(flood, "Warning")
    assert [w["code"] for w in warnings] == ["too_many_messages"]
    assert content([m for m in flood if m not in warnings]) == content(calm)


def test_a_text_message_counts_as_many(engine: Engine) -> None:
    limits: dict[str, Any] = {
        "messages_per_s": 100.0,
        "control_cost": 20.0,
    }  # ten texts
    with serving(engine, **limits) as running, running.call(TONE) as caller:
        caller.next()
        for _ in range(12):
            caller.say("KeepAlive")
        warning, *rest = caller.finish()
    assert (warning["type"], warning["code"]) == ("Warning", "too_many_messages")
    assert kinds(rest) == ["Summary", "Termination"]


@given(
    per_s=st.floats(1, 1e4),
    steps=st.lists(st.tuples(st.floats(0, 2), st.floats(0.1, 50)), min_size=1, max_size=80),
)
def test_who_waits_as_told_sends_no_more_than_the_rate(
    per_s: float, steps: list[tuple[float, float]]
) -> None:
    rate, now, spent = TokenBucket(per_s, burst_s=2.0), 0.0, 0.0
    for idle, cost in steps:
        now += idle
        now += rate.spend(cost, now)
        spent += cost
        assert spent <= per_s * (now + 2.0) * (1 + 1e-6) + 1e-6
    calm = TokenBucket(per_s)
    assert all(calm.spend(1.0, n / per_s) == 0.0 for n in range(100))


def test_an_utterance_can_be_no_longer_than_we_can_hold(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.say("Configure", endpointing={"hard_cut_s": 31})
        error = caller.next()
    assert (error["code"], error["fatal"]) == ("bad_config", False)
    assert "hard_cut_s must be at most 30 seconds" in error["message"]


@pytest.fixture
def silence(tmp_path: Path) -> bytes:
    """Ten seconds that give no event to wait for."""
    write_wav(tmp_path / "silence.wav", np.zeros(160_000, np.int16))
    return (tmp_path / "silence.wav").read_bytes()


def test_a_recording_can_be_too_long(engine: Engine, silence: bytes) -> None:
    with serving(engine, max_recording_s=9.0) as running, client(running) as http:
        answer = http.post("/v1/analyze", params={"filename": "a.wav"}, content=silence)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "a.wav is longer than 9 s; send it in parts"


def test_its_analysis_can_take_too_long(engine: Engine, silence: bytes) -> None:
    with serving(engine, analysis_s=0.0) as running, client(running) as http:
        answer = http.post("/v1/analyze", content=silence)
        assert answer.status_code == 503
        assert "made no progress for 0 s" in answer.json()["detail"]
        wait_for(lambda: not running.server.service.uploads.turns.locked())


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{url}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_what_is_sent_makes_us_open_nothing_else(http: httpx.Client, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bait:
        bait.settimeout(0.2)
        text = PLAYLISTS[kind].format(url=f"http://127.0.0.1:{bait.getsockname()[1]}/a.wav")
        answer = http.post("/v1/analyze", params={"filename": "../../a.wav"}, content=text.encode())
        assert answer.status_code == 422
        with pytest.raises(TimeoutError):
            bait.accept()


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x.wav", "http://127.0.0.1/x.wav"])
def test_a_name_is_a_label_and_no_path(http: httpx.Client, silence: bytes, name: str) -> None:
    params = {"filename": name, "modalities": "audio"}
    assert http.post("/v1/analyze", params=params, content=silence).json()["file"] == name
