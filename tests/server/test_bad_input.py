"""Whatever arrives: one clear message, the right close code, and a server that goes on."""

import pytest

from sentivox.engine.engine import Engine
from sentivox.stream.config import StreamConfig
from tests.server.serving import Running, call_audio, content, kinds, offline, only

TONE = "modalities=audio"


@pytest.mark.parametrize("size", [(1 << 20) + 1, 10_000_000])
def test_a_huge_message_is_named_and_closes_1009(server: Running, size: int) -> None:
    with server.call(TONE) as caller:
        caller.send(bytes(size))
        begin, *rest = caller.rest()
    assert begin["type"] == "Begin"
    assert [(m["type"], m["code"], m["fatal"], m["seq"]) for m in rest] == [
        ("Error", "frame_too_big", True, 2)
    ]
    assert str(size) in rest[0]["message"]
    assert caller.code == 1009


def test_a_huge_text_is_too_big_as_well(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.socket.send("ä" * (40 << 10))  # fewer characters than the limit, more bytes
        assert caller.rest()[-1]["code"] == "frame_too_big"
    assert caller.code == 1009


@pytest.mark.parametrize(
    ("text", "kind", "code", "says"),
    [
        ('{"type":', "Error", "bad_message", "not JSON"),
        ("hello", "Error", "bad_message", "not JSON"),
        ("", "Error", "bad_message", "not JSON"),
        ("[1]", "Error", "bad_message", "object"),
        ("null", "Error", "bad_message", "object"),
        ("{}", "Error", "bad_message", '"type"'),
        ('{"type":7}', "Warning", "unknown_control", "'7'"),
        ('{"type":"Sing"}', "Warning", "unknown_control", "Finalize"),
        ('{"type":{"a":[' + "1," * 500 + "1]}}", "Warning", "unknown_control", "unknown"),
        ('{"type":"\\ud800"}', "Error", "bad_message", "not JSON"),
        ("[" * 60_000, "Error", "bad_message", "not JSON"),
    ],
)
def test_a_wrong_message_is_answered_and_the_session_goes_on(
    server: Running, text: str, kind: str, code: str, says: str
) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.socket.send(text)
        answer = caller.next()
        assert (answer["type"], answer["code"]) == (kind, code)
        assert says in answer["message"]
        assert "\n" not in answer["message"]
        assert len(answer["message"]) < 200
        assert answer.get("fatal", False) is False
        assert kinds(caller.finish()) == ["Summary", "Termination"]
    assert caller.code == 1000


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("encoding=opus", "linear16"),
        ("sample_rate=96000", "8000 to 48000"),
        ("sample_rate=-1", "whole number"),
        ("sample_rate=fast", "whole number"),
        ("sample_rate=1e4", "whole number"),
        ("channels=3", "1 or 2"),
        ("language=klingon%21", "en, zh-CN or auto"),
        ("modalities=smell", "text,audio"),
        ("modalities=", "text,audio"),
    ],
)
def test_a_format_that_cannot_be_served_closes_1003(server: Running, query: str, says: str) -> None:
    with server.call(query) as caller:
        messages = caller.rest()
    assert [(m["type"], m["code"], m["fatal"]) for m in messages] == [
        ("Error", "bad_request", True)
    ]
    assert says in messages[0]["message"]
    assert "\n" not in messages[0]["message"]
    assert caller.code == 1003


def test_unknown_parameters_are_named(server: Running) -> None:
    with server.call(f"{TONE}&sampel_rate=8000") as caller:
        caller.next()
        warning = caller.next()
    assert (warning["type"], warning["code"]) == ("Warning", "unknown_parameter")
    assert "'sampel_rate'" in warning["message"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://", "http://["],
)
def test_other_peoples_pages_may_not_connect(server: Running, origin: str) -> None:
    with server.call(TONE, Origin=origin) as caller:
        messages = caller.rest()
    assert [(m["type"], m["code"]) for m in messages] == [("Error", "origin")]
    assert caller.code == 1008


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:1"])
def test_this_machines_pages_may_connect(server: Running, origin: str) -> None:
    with server.call(TONE, Origin=origin) as caller:
        assert caller.next()["type"] == "Begin"


def test_half_a_sample_at_the_end_is_no_harm(server: Running, engine: Engine) -> None:
    data = call_audio(3.0, 5.0)
    with server.call(TONE) as caller:
        messages = caller.finish(data + b"\x7f")
    config = StreamConfig(modalities=frozenset({"audio"}))
    assert content(messages) == content(offline(engine, data, config=config))


@pytest.mark.parametrize(
    ("encoding", "audio"),
    [
        ("linear32f", b"\x00\x00\xc0\x7f\x00\x00\x80\x7f\xff\xff\x7f\x7f" * 8000),  # NaN, inf, max
        ("linear16", b"\xff\x7f\x00\x80" * 16_000),
        ("mulaw", bytes(range(256)) * 100),
    ],
)
def test_noise_of_any_kind_is_just_audio(server: Running, encoding: str, audio: bytes) -> None:
    with server.call(f"{TONE}&encoding={encoding}") as caller:
        messages = caller.finish(audio)
    assert kinds(messages[-2:]) == ["Summary", "Termination"]
    assert not only(messages, "Error")
    assert caller.code == 1000
