"""OpenAI's Realtime API for transcription: its official client, and messages in any order."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import soxr

from sentivox.engine.engine import Engine
from tests.dialects.coded import mulaw
from tests.server.serving import Caller, Message, Running, only, pieces, serving

openai = pytest.importorskip("openai")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

COMPLETED = "conversation.item.input_audio_transcription.completed"
INTENT = "intent=transcription"


@pytest.fixture(scope="module")
def fast(speech: bytes) -> bytes:
    """The same speech at 24 kHz."""
    return soxr.resample(np.frombuffer(speech, np.int16), 16_000, 24_000).tobytes()


@pytest.fixture(scope="module")
def api(server: Running) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{server.http}/v1", api_key="any", max_retries=0) as found:
        yield found


def call(server: Running, query: str = INTENT) -> Caller:
    return server.call(query, path="/v1/realtime")


def append(caller: Caller, audio: bytes, step: int = 24_000) -> None:
    for piece in pieces(audio, step):
        caller.say("input_audio_buffer.append", audio=base64.b64encode(piece).decode())


def update(caller: Caller, **heard: Any) -> Message:
    caller.say("session.update", session={"type": "transcription", "audio": {"input": heard}})
    return caller.next()


def until_completed(caller: Caller, count: int) -> list[Message]:
    messages: list[Message] = []
    while len(only(messages, COMPLETED)) < count:
        messages.append(caller.next())
    return messages


@pytest.mark.parametrize("turns", [True, False])
def test_the_official_client(api: Any, fast: bytes, ours: list[Message], *, turns: bool) -> None:
    spoken = [u["transcript"] for u in ours if u["transcript"]]
    with api.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        assert connection.recv().type == "session.created"
        heard = {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "turn_detection": {"type": "server_vad"} if turns else None,
        }
        connection.session.update(session={"type": "transcription", "audio": {"input": heard}})
        assert connection.recv().type == "session.updated"
        for piece in pieces(fast, 48_000):
            connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        connection.input_audio_buffer.commit()
        events: list[Any] = []
        while len([e for e in events if e.type == COMPLETED]) < (len(spoken) if turns else 1):
            events.append(connection.recv())
    completed = [e for e in events if e.type == COMPLETED]
    committed = [e for e in events if e.type == "input_audio_buffer.committed"]
    assert {e.item_id for e in completed} <= {e.item_id for e in committed}
    assert all(e.usage.seconds > 0 for e in completed)
    if turns:
        assert [e.type for e in events].count("input_audio_buffer.speech_started") == len(ours)
        assert [e.sentiment["label"] for e in completed] == [
            e.utterances[0]["sentiment"]["label"] for e in completed
        ]
    else:
        (one,) = completed
        assert len(one.utterances) == len(ours)
    words = " ".join(e.transcript for e in completed).split()
    assert len(words) == pytest.approx(len(" ".join(spoken).split()), abs=6)  # resampled: not equal


def test_each_commit_is_an_item(server: Running, fast: bytes) -> None:
    first, second = fast[: 48_000 * 6], fast[48_000 * 6 : 48_000 * 18]
    with call(server) as caller:
        caller.next()
        update(caller, turn_detection=None)
        append(caller, first)
        caller.say("input_audio_buffer.commit")
        append(caller, second)
        caller.say("input_audio_buffer.commit")
        messages = until_completed(caller, 2)
    committed = only(messages, "input_audio_buffer.committed")
    assert [m["previous_item_id"] for m in committed] == [None, committed[0]["item_id"]]
    completed = only(messages, COMPLETED)
    assert [m["item_id"] for m in completed] == [m["item_id"] for m in committed]
    assert all(u["end"] <= 6.3 for u in completed[0]["utterances"])
    assert all(u["start"] >= 5.7 for u in completed[1]["utterances"])
    assert completed[0]["utterances"]
    assert completed[1]["utterances"]


def test_what_was_cleared_is_in_no_item(server: Running, fast: bytes) -> None:
    with call(server) as caller:
        caller.next()
        update(caller, turn_detection=None)
        append(caller, fast[: 48_000 * 6])
        caller.say("input_audio_buffer.clear")
        append(caller, bytes(48_000))
        caller.say("input_audio_buffer.commit")
        messages = until_completed(caller, 1)
    assert only(messages, "input_audio_buffer.cleared")
    (completed,) = only(messages, COMPLETED)
    assert (completed["transcript"], completed["utterances"]) == ("", [])


def test_g711_and_the_shapes_of_the_beta(server: Running, speech: bytes) -> None:
    narrow = soxr.resample(np.frombuffer(speech, np.int16), 16_000, 8_000).astype(np.int16)
    with call(server) as caller:
        caller.next()
        caller.say(
            "transcription_session.update",
            session={
                "input_audio_format": "g711_ulaw",
                "input_audio_transcription": {"model": "whisper-1", "language": "en"},
                "turn_detection": None,
            },
        )
        answer = caller.next()
        assert answer["type"] == "session.updated"
        assert answer["session"]["audio"]["input"]["format"] == {"type": "g711_ulaw", "rate": 8000}
        append(caller, mulaw(narrow), 8_000)
        caller.say("input_audio_buffer.commit")
        (completed,) = only(until_completed(caller, 1), COMPLETED)
    assert len(completed["utterances"]) >= 4


def wrong(**fields: Any) -> Callable[[Caller], None]:
    return lambda caller: caller.say_text(json.dumps(fields))


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (wrong(type="input_audio_buffer.append", audio="!!!"), "audio is not base64"),
        (wrong(type="input_audio_buffer.append", audio=[1, 2]), "a string of base64"),
        (wrong(type="input_audio_buffer.append"), "a string of base64"),
        (wrong(type="input_audio_buffer.commit"), "less than 100 ms of audio"),
        (wrong(type="response.create"), "unknown message type 'response.create'"),
        (wrong(hello=1), "unknown message type"),
        (lambda caller: caller.say_text("hello"), "a message is a JSON object"),
        (lambda caller: caller.say_text("[1]"), "a message is a JSON object"),
        (lambda caller: caller.send(bytes(960)), "audio comes as base64"),
        (wrong(type="session.update", session=5), "session must be an object"),
        (
            wrong(type="session.update",
                  session={"audio": {"input": {"format": {"type": "audio/opus"}}}}),
            "format 'audio/opus' is not known",
        ),
    ],
)  # fmt: skip
def test_a_message_that_is_wrong_is_answered_and_the_stream_goes_on(
    server: Running, fast: bytes, say: Callable[[Caller], None], why: str
) -> None:
    with call(server) as caller:
        caller.next()
        say(caller)
        told = caller.next()
        assert told["type"] == "error"
        assert why in told["error"]["message"]
        append(caller, fast[: 48_000 * 10])
        assert only(until_completed(caller, 1), "input_audio_buffer.speech_started")


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        ({"format": {"type": "audio/pcm", "rate": 100}}, "sample_rate 100 is not supported"),
        ({"format": {"type": "audio/pcm", "rate": "fast"}}, "format.rate must be a number"),
        ({"transcription": {"language": "klingon!"}}, "is not a tag"),
        ({"transcription": {"language": 5}}, "transcription.language must be a string"),
    ],
)
def test_settings_that_cannot_be_are_answered_and_leave_the_others(
    server: Running, heard: dict[str, Any], why: str
) -> None:
    with call(server) as caller:
        before = caller.next()["session"]
        told = update(caller, **heard)
        assert told["type"] == "error"
        assert why in told["error"]["message"]
        assert update(caller)["session"] == before


def test_settings_after_the_first_audio_are_answered_with_those_in_force(
    server: Running, fast: bytes
) -> None:
    with call(server) as caller:
        caller.next()
        append(caller, fast[:24_000])
        answer = update(caller, format={"type": "audio/pcma"})
        assert answer["type"] == "session.updated"
        assert answer["session"]["audio"]["input"]["format"]["type"] == "audio/pcm"


def test_a_client_that_leaves_frees_its_place(engine: Engine, fast: bytes) -> None:
    with serving(engine, max_streams=1) as running:
        for _ in range(2):
            with call(running) as caller:
                assert caller.next()["type"] == "session.created"
                append(caller, fast[:48_000])
            deadline = time.monotonic() + 300
            while len(running.server.service.sessions) and time.monotonic() < deadline:
                time.sleep(0.01)
        assert len(running.server.service.sessions) == 0
