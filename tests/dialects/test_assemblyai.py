"""AssemblyAI's streaming API: its official client, and messages of its own shape."""

import threading
from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import Caller, Message, Running, only, pieces, serving, wait_for


def call(server: Running, query: str = "sample_rate=16000", key: str | None = None) -> Caller:
    headers = {} if key is None else {"Authorization": key}
    return Caller(f"ws://{server.address}/v3/ws?{query}", headers)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client(server: Running, speech: bytes, ours: list[Message]) -> None:
    v3 = pytest.importorskip("assemblyai.streaming.v3")
    from assemblyai.streaming.v3 import models

    told: dict[Any, list[Any]] = {kind: [] for kind in v3.StreamingEvents}
    done = threading.Event()
    options = v3.StreamingClientOptions(api_key="any", api_host=f"ws://{server.address}")
    client = v3.StreamingClient(options)
    for kind, found in told.items():
        client.on(kind, lambda _, event, found=found: found.append(event))
    client.on(v3.StreamingEvents.Termination, lambda *_: done.set())
    gateway = models.LLMGatewayConfig(model="sentivox", messages=[], max_tokens=1)
    client.connect(
        v3.StreamingParameters(sample_rate=16_000, format_turns=True, llm_gateway=gateway)
    )
    spoken = [u for u in ours if u["transcript"]]
    client.stream(pieces(speech, 3200))
    client.force_endpoint()
    felt = told[v3.StreamingEvents.LLMGatewayResponse]
    wait_for(lambda: len(felt) == len(spoken))  # the client waits but seconds for an end
    client.disconnect(terminate=True)
    assert done.wait(300)
    assert told[v3.StreamingEvents.Error] == []
    turns = [turn for turn in told[v3.StreamingEvents.Turn] if turn.end_of_turn]
    assert [turn.transcript for turn in turns] == [u["transcript"] for u in spoken]
    assert [[w.text for w in t.words] for t in turns] == [
        [w["word"] for w in u["words"]] for u in spoken
    ]
    assert turns[0].words[0].start == round(1000 * spoken[0]["words"][0]["start"])
    assert [f.data["sentiment"]["score"] for f in felt] == [u["fused_score"] for u in spoken]
    assert [f.turn_order for f in felt] == [turn.turn_order for turn in turns]
    (end,) = told[v3.StreamingEvents.Termination]
    assert end.audio_duration_seconds == 30


def test_other_clients_read_the_sentiment_of_a_turn(
    server: Running, speech: bytes, ours: list[Message]
) -> None:
    with call(server, "sample_rate=16000&include_partial_turns=false") as caller:
        begin = caller.next()
        assert (begin["type"], set(begin)) == ("Begin", {"type", "id", "expires_at"})
        caller.send(*pieces(speech, 8000))
        caller.say("UpdateConfiguration", format_turns=False)
        caller.say("ForceEndpoint")
        caller.say("Terminate")
        told = caller.rest()
        assert caller.code == 1000
    turns = only(told, "Turn")
    assert all(turn["end_of_turn"] for turn in turns)
    assert [turn["sentiment"]["score"] for turn in turns] == [
        u["fused_score"] for u in ours if u["transcript"]
    ]
    assert not only(told, "LLMGatewayResponse")
    assert told[-1]["type"] == "Termination"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("sample_rate=16000&encoding=opus", "encoding 'opus' is not known"),
        ("sample_rate=7", "sample_rate 7 is not supported"),
        ("sample_rate=16000&language_code=klingon!", "is not a tag"),
    ],
)
def test_a_query_that_cannot_be(server: Running, query: str, why: str) -> None:
    with call(server, query) as caller:
        (error,) = caller.rest()
        assert error["type"] == "Error"
        assert why in error["error"]


def test_messages_that_are_wrong(server: Running, speech: bytes) -> None:
    with call(server) as caller:
        caller.next()
        caller.say_text("hello")
        assert "Terminate" in caller.next()["error"]
        caller.say("Sing")
        assert "unknown message type 'Sing'" in caller.next()["warning"]
        caller.send(speech[: 32_000 * 7])
        caller.say("Terminate")
        assert only(caller.rest(), "Turn")


def test_silence_on_the_line_ends_a_stream_as_asked(server: Running) -> None:
    with call(server, "sample_rate=16000&inactivity_timeout=0") as caller:
        begin, error = caller.rest()
        assert begin["type"] == "Begin"
        assert "no audio and no KeepAlive for 5 s" in error["error"]


def test_their_authorization(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        for wrong in ("", "wrong"):
            with call(running, key=wrong) as caller:
                (error,) = caller.rest()
                assert "token" in error["error"]
                assert caller.code == 1008
        for right in (token, f"Bearer {token}"):
            with call(running, key=right) as caller:
                assert caller.next()["type"] == "Begin"
