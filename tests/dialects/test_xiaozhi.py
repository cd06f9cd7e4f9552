"""The protocol of xiaozhi devices: its Python client, and devices of every version."""

import asyncio
import json
import struct
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.dialects.xiaozhi_emotions import EMOJIS, emotion_of
from sentivox.types import EMOTIONS
from tests.audio.packets import opus_packets
from tests.server.serving import (
    PATIENCE_S,
    Caller,
    Message,
    Running,
    only,
    pieces,
    serving,
    wait_for,
)

MAC = "00:11:22:33:44:55"
KNOWN = {
    "neutral", "happy", "laughing", "funny", "sad", "angry", "crying", "loving", "embarrassed",
    "surprised", "shocked", "thinking", "winking", "cool", "relaxed", "delicious", "kissy",
    "confident", "sleepy", "silly", "confused",
}  # fmt: skip
"""The emotions that the firmware has faces for."""

OPUS = {"format": "opus", "sample_rate": 16_000, "channels": 1, "frame_duration": 60}
HELLO = {"version": 1, "features": {"mcp": True}, "transport": "websocket", "audio_params": OPUS}


@pytest.fixture(scope="module")
def packets(speech: bytes) -> list[bytes]:
    return opus_packets(np.frombuffer(speech, np.int16))


def call(server: Running, query: str = "", path: str = "/xiaozhi/v1/", **headers: str) -> Caller:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Caller(f"ws://{server.address}{path}?{query}", {"Device-Id": MAC, **names})


def greet(caller: Caller, **changed: Any) -> Message:
    """The server's hello."""
    caller.say("hello", **HELLO | changed)
    return caller.next()


def listen(caller: Caller, state: str, **more: str) -> None:
    caller.say("listen", state=state, **more)


def farewell(caller: Caller) -> list[Message]:
    caller.say("goodbye")
    return caller.rest()


def alike(some: list[str], others: list[str]) -> float:
    """How many of the words are the same, 0…1."""
    words = [" ".join(texts).split() for texts in (some, others)]
    return SequenceMatcher(None, *words, autojunk=False).ratio()


@pytest.mark.parametrize("audio", ["opus", "pcm"])
def test_the_python_client(server: Running, speech: bytes, ours: list[Message], audio: str) -> None:
    sdk = pytest.importorskip("xiaozhi_sdk")
    told: list[Message] = []

    async def converse() -> None:
        heard, stopped = asyncio.Event(), asyncio.Event()

        async def tell(message: Message) -> None:
            told.append(message)
            if len(only(told, "llm")) == len(ours):
                heard.set()
            if message["type"] == "tts" and message["state"] == "stop":
                stopped.set()

        device = sdk.XiaoZhiWebsocket(
            tell, url=f"ws://{server.address}/xiaozhi/v1/", audio_sample_rate=16_000,
            audio_format=audio,
        )  # fmt: skip
        assert await device.init_connection(MAC)
        for piece in pieces(speech, 1920):
            assert await device.send_audio(piece.ljust(1920, b"\0"))
        await device.send_silence_audio()
        await asyncio.wait_for(heard.wait(), PATIENCE_S)
        await device.send_text("wake up")
        await device.send_abort()
        await asyncio.wait_for(stopped.wait(), PATIENCE_S)
        assert {message["session_id"] for message in told} == {device.session_id}
        await device.close()

    asyncio.run(converse())
    spoken = [u for u in ours if u["transcript"]]
    stt = only(told, "stt")
    assert len(stt) == len(spoken)
    for told_of, utterance in zip(stt, spoken, strict=True):
        assert told_of["start"] == pytest.approx(utterance["start"], abs=0.3)
        assert told_of["sentiment"].keys() >= {"label", "score", "emotion"}
    words = [m["text"] for m in stt], [u["transcript"] for u in spoken]
    if audio == "pcm":
        assert words[0][:-1] == words[1][:-1]  # silence ends the last, which the end did there
        scores = [m["sentiment"]["score"] for m in stt[:-1]]
        assert scores == [u["fused_score"] for u in spoken[:-1]]
    assert alike(*words) > 0.7
    for llm in only(told, "llm"):
        assert llm["text"] == EMOJIS[llm["emotion"]]


FRAMED: dict[int, Callable[[int, bytes], bytes]] = {
    1: lambda _, payload: payload,
    2: lambda kind, payload: struct.pack(">HHIII", 2, kind, 0, 12_345, len(payload)) + payload,
    3: lambda kind, payload: struct.pack(">BBH", kind, 0, len(payload)) + payload,
}
"""A binary message of each version."""


@pytest.mark.parametrize("in_header", [False, True])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_binary_messages(
    server: Running, packets: list[bytes], ours: list[Message], version: int, *, in_header: bool
) -> None:
    path = "/xiaozhi/v1" if in_header else "/xiaozhi/v1/"
    headers = {"Protocol_Version": str(version)} if in_header else {}
    with call(server, path=path, **headers) as caller:
        answer = greet(caller, version=None if in_header else version)
        listen(caller, "start", mode="auto")
        caller.send(*(FRAMED[version](0, packet) for packet in packets))
        if version == 1:
            messages = farewell(caller)
        else:
            caller.send(FRAMED[version](1, b'{"type": "goodbye"}'))
            messages = caller.rest()
    assert caller.code == 1000
    assert (answer["type"], answer["transport"]) == ("hello", "websocket")
    assert answer["version"] == version
    assert answer["audio_params"] == OPUS | {"sample_rate": 24_000}
    assert {m["session_id"] for m in messages} == {answer["session_id"]}
    assert len(only(messages, "llm")) == len(ours)
    spoken = [u["transcript"] for u in ours if u["transcript"]]
    assert alike([m["text"] for m in only(messages, "stt")], spoken) > 0.7


def test_stop_ends_what_is_being_said(server: Running, packets: list[bytes]) -> None:
    with call(server) as caller:
        greet(caller)
        listen(caller, "detect", text="hello robot")
        listen(caller, "start", mode="manual")
        caller.send(*packets[50:85])  # 3 s to 5.1 s
        listen(caller, "stop")
        first = caller.until("llm")
        listen(caller, "start", mode="manual")
        caller.send(*packets[50:85])
        listen(caller, "stop")
        second = caller.until("llm")
    assert only(first, "stt")
    assert only(second, "stt")
    assert only(second, "stt")[0]["start"] >= 2.0


def test_without_words_the_emotion_is_told(server: Running, packets: list[bytes]) -> None:
    with call(server, "modalities=audio") as caller:
        greet(caller)
        caller.send(*packets[:150])
        messages = farewell(caller)
    assert {m["type"] for m in messages} == {"llm"}
    assert all(m["emotion"] in KNOWN and m["sentiment"] for m in messages)


def test_every_mood_has_a_face() -> None:
    for label in ("negative", "neutral", "positive", "unclear"):
        for tone in (*EMOTIONS, None):
            emotion = emotion_of({"label": label, "emotion": tone})
            assert emotion in KNOWN
            assert EMOJIS[emotion]
    assert emotion_of(None) == "neutral"
    assert emotion_of({"label": "negative", "emotion": "angry"}) == "angry"
    assert emotion_of({"label": "negative", "emotion": None}) == "sad"
    assert emotion_of({"label": "positive", "emotion": "angry"}) == "happy"
    assert emotion_of({"label": "unclear", "emotion": "angry"}) == "neutral"


def text(**fields: Any) -> Callable[[Caller], None]:
    return lambda caller: caller.say_text(json.dumps(fields))


@pytest.mark.parametrize(
    ("version", "say", "why"),
    [
        (1, lambda c: c.send(b""), "0 bytes that are no Opus packet"),
        (1, lambda c: c.send(b"\xff" * 50), "50 bytes that are no Opus packet"),
        (2, lambda c: c.send(b"\0\2\0\0"), "version 2 begins with a header of 16 bytes"),
        (3, lambda c: c.send(b""), "version 3 begins with a header of 4 bytes"),
        (3, lambda c: c.send(b"\0\0\0\x09ab"), "a header tells of 9 bytes, but 2 follow"),
        (3, lambda c: c.send(FRAMED[3](0, b"")), "0 bytes that are no Opus packet"),
        (3, lambda c: c.send(FRAMED[3](1, b"\xff\xfe")), "a message is a JSON object"),
        (3, lambda c: c.send(FRAMED[3](7, b"ab")), "of type 0 (audio) or 1 (JSON), not 7"),
        (1, lambda c: c.say_text("hello"), "a message is a JSON object"),
        (1, lambda c: c.say_text("[1]"), "a message is a JSON object"),
        (1, text(state="start"), "a message is a JSON object"),
        (1, text(type=5), "a message is a JSON object"),
        (1, text(type="mcp", payload=[1]), "an object of JSON-RPC 2.0"),
        (1, text(type="mcp"), "an object of JSON-RPC 2.0"),
    ],
)  # fmt: skip
def test_a_message_that_is_wrong_is_told_and_the_stream_goes_on(
    server: Running, packets: list[bytes], version: int, say: Callable[[Caller], None], why: str
) -> None:
    with call(server) as caller:
        session_id = greet(caller, version=version)["session_id"]
        caller.send(*(FRAMED[version](0, packet) for packet in packets[:50]))
        say(caller)
        told = caller.until("alert")[-1]
        assert (told["status"], told["emotion"]) == ("Error", "confused")
        assert why in told["message"]
        assert told["session_id"] == session_id
        caller.send(*(FRAMED[version](0, packet) for packet in packets[50:150]))
        assert only(farewell(caller), "llm")


def test_a_device_that_sends_no_opus_at_all_is_told_so(server: Running) -> None:
    with call(server) as caller:
        greet(caller)
        caller.send(*[b"\xff" * 50] * 10)
        *alerts, last = caller.rest()
        assert caller.code == 1003
    assert len(alerts) == 10
    assert "messages were invalid" in last["message"]


def test_messages_without_a_meaning_here_are_ignored(server: Running, packets: list[bytes]) -> None:
    with call(server) as caller:
        greet(caller)
        caller.say("iot", states=[{"name": "Speaker"}])
        caller.say("hello", **HELLO)
        caller.say("device_status", status="idle")
        caller.send(*packets[:100])
        assert {m["type"] for m in farewell(caller)} <= {"stt", "llm"}


def test_no_method_can_be_called(server: Running) -> None:
    with call(server) as caller:
        session_id = greet(caller)["session_id"]
        caller.say("mcp", payload={"jsonrpc": "2.0", "method": "notifications/initialized"})
        caller.say("mcp", payload={"jsonrpc": "2.0", "id": 1, "result": {"tools": []}})
        caller.say("mcp", payload={"jsonrpc": "2.0", "id": "a", "method": "tools/list"})
        answer = caller.next()
        caller.say("abort", reason="wake_word_detected")
        assert caller.next() == {"type": "tts", "session_id": session_id, "state": "stop"}
    assert answer == {
        "type": "mcp",
        "session_id": session_id,
        "payload": {
            "jsonrpc": "2.0",
            "id": "a",
            "error": {"code": -32601, "message": "Method not found"},
        },
    }


def params(**changed: Any) -> Message:
    return {"audio_params": OPUS | changed}


@pytest.mark.parametrize(
    ("hello", "why"),
    [
        ({"version": 4}, "protocol version '4' is not known: use 1, 2 or 3"),
        ({"version": "new"}, "hello: Expected `int | null`, got `str` - at `$.version`"),
        (params(format="flac"), "format 'flac' is not known: use opus or pcm"),
        (params(format=None), "hello: Expected `str`, got `null` - at `$.audio_params.format`"),
        (params(format="pcm", sample_rate=5), "sample_rate 5 is not supported"),
        (params(format="pcm", channels=3), "channels 3 is not supported"),
        ({"audio_params": 5}, "hello: Expected `object`, got `int` - at `$.audio_params`"),
    ],
)
def test_a_hello_that_cannot_be(server: Running, hello: Message, why: str) -> None:
    with call(server) as caller:
        told = greet(caller, **hello)
        assert caller.rest() == []
    assert told["type"] == "alert"
    assert why in told["message"]
    assert (caller.code, caller.reason) == (1003, told["message"])


@pytest.mark.parametrize(
    "say",
    [
        lambda caller: caller.send(b"\xff" * 50),
        lambda caller: caller.say("listen", state="start"),
        lambda caller: caller.say_text("hello"),
    ],
)
def test_the_first_message_is_a_hello(server: Running, say: Callable[[Caller], None]) -> None:
    with call(server) as caller:
        say(caller)
        (told,) = caller.rest()
        assert caller.code == 1003
    assert told["message"].startswith("the first message is a hello: ")


def test_the_device_is_a_tag(engine: Engine) -> None:
    with serving(engine) as running:
        for query, tags in (("", ()), ("tags=kitchen", ("kitchen",))):
            with call(running, query) as caller:
                session_id = greet(caller)["session_id"]
                (found,) = (
                    c for c in running.server.service.sessions.conversations
                    if c.session_id == session_id
                )  # fmt: skip
                assert found.request.config.tags == (*tags, f"device:{MAC}")


@pytest.mark.parametrize("device", ["a,b", "x" * 94])
def test_an_id_that_is_no_tag(server: Running, device: str) -> None:
    with call(server, Device_Id=device) as caller:
        assert "the header Device-Id must be a MAC" in greet(caller)["message"]
        assert caller.rest() == []
        assert caller.code == 1003


def test_a_wrong_token(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        with call(running, Authorization="Bearer wrong") as caller:
            (told,) = caller.rest()
            assert caller.code == 1008
        assert told["type"] == "alert"
        with call(running, Authorization=f"Bearer {token}") as caller:
            assert greet(caller)["type"] == "hello"


def test_a_device_that_rests_is_hung_up_on_without_an_alert(engine: Engine) -> None:
    with serving(engine, idle_timeout_s=0.3) as running, call(running) as caller:
        greet(caller)
        assert caller.rest() == []
        assert caller.code == 4408


def test_a_device_that_vanishes_frees_its_place(engine: Engine, packets: list[bytes]) -> None:
    with serving(engine, max_streams=1) as running:
        with call(running) as caller:
            greet(caller)
            caller.send(*packets[:30])
            caller.socket.socket.close()
        wait_for(lambda: len(running.server.service.sessions) == 0)
