"""Hume's Expression Measurement: its official client, and messages of its own shape."""

import itertools
import math
from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.types import EMOTIONS
from tests.server.serving import Caller, Message, Running, only, pieces, serving

PREDICTED = {
    "neutral", "calmness", "joy", "sadness", "anger", "fear", "disgust", "surprise",
}  # fmt: skip


def call(server: Running, query: str = "", headers: dict[str, str] | None = None) -> Caller:
    return Caller(f"ws://{server.address}/v1/expression/audio/realtime?{query}", headers or {})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client(server: Running, speech: bytes, ours: list[Message]) -> None:
    hume = pytest.importorskip("hume_expression_measurement")
    from hume_expression_measurement import types
    from hume_expression_measurement.environment import ExpressionMeasurementClientEnvironment

    there = ExpressionMeasurementClientEnvironment(
        base=server.http, production=f"ws://{server.address}"
    )
    client = hume.ExpressionMeasurementClient(api_key="any", environment=there)
    with client.audio.connect() as connection:
        created = connection.recv()
        assert (created.type, created.measurement_timer_ms) == ("session.created", 500)
        connection.send_audio_session_update(
            types.AudioSessionUpdate(type="session.update", measurement_timer_ms=1000)
        )
        assert connection.recv().measurement_timer_ms == 1000
        for piece in pieces(speech, 3200):
            connection.send_audio_frame(piece)
        connection.send_audio_session_close(types.SessionClose(type="session.close"))
        told: list[Any] = list(connection)
    closed = told[-1]
    assert (closed.type, closed.reason) == ("session.closed", "client_request")
    assert closed.session_id == created.session_id
    assert closed.received.audio_duration_ms == len(speech) // 32
    results = [m for m in told if m.type == "measurement.result"]
    assert closed.produced.measurements == len(results)
    assert [m.measurement_id for m in results] == list(range(len(results)))
    assert {e.name for m in results for e in m.expressions} <= PREDICTED
    assert all(m.voice_attributes == [] for m in results)
    ends = [m for m in told if m.type == "utterance.end"]
    assert [e.sentivox["transcript"] for e in ends if e.sentivox] == [u["transcript"] for u in ours]
    assert [e.sentivox["sentiment"]["score"] for e in ends if e.sentivox] == [
        u["fused_score"] for u in ours
    ]
    last = [m for m in results if m.trigger == "speech_ended"]
    for measured, said in zip(last, ours, strict=True):
        assert measured.audio_end_ms == round(1000 * said["end"])
        likeliest = max(said["audio_sentiment"]["emotions"].values())
        assert measured.expressions[0].probability == pytest.approx(likeliest, abs=1e-3)
    for kind in ("utterance.start", "utterance.end"):
        numbers = [m.utterance_id for m in told if m.type == kind]
        assert numbers == list(range(closed.produced.utterances))
    intervals = [m for m in results if m.trigger == "interval"]
    for one, other in itertools.pairwise(intervals):
        if one.utterance_id == other.utterance_id:
            assert other.audio_end_ms - one.audio_end_ms >= 750


def test_every_emotion_has_a_name() -> None:
    assert len(PREDICTED) == len(EMOTIONS)


def test_measurements_come_as_often_as_tone_by_default(server: Running, speech: bytes) -> None:
    with server.call() as caller:
        tones = only(caller.finish(*pieces(speech, 16_000)), "AudioSentiment")
    with call(server) as caller:
        told = only(caller_told(caller, *pieces(speech, 16_000)), "measurement.result")
    intervals = [m["audio_end_ms"] for m in told if m["trigger"] == "interval"]
    utterances = [m for m in told if m["trigger"] == "speech_ended"]
    assert len(intervals) > 10
    assert set(intervals) <= {round(1000 * tone["end"]) for tone in tones}
    assert len(tones) - len(intervals) <= len(utterances)  # the last of one may come early


def caller_told(caller: Caller, *audio: bytes) -> list[Message]:
    caller.send(*audio)
    caller.say("session.close")
    return caller.rest()


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ({"measurement_timer_ms": 50}, "measurement_timer_ms must be 500 to 10000"),
        ({"measurement_timer_ms": "soon"}, "measurement_timer_ms must be 500 to 10000"),
        ({"audio": {"sample_rate": 8000}}, "audio must be s16le at 16000 Hz"),
        ({"audio": "mp3"}, "audio must be s16le at 16000 Hz"),
    ],
)
def test_settings_that_cannot_be(server: Running, update: dict[str, Any], why: str) -> None:
    with call(server) as caller:
        caller.next()
        caller.say("session.update", **update)
        (error,) = caller.rest()
        assert (error["code"], error["retryable"]) == ("config_invalid", False)
        assert why in error["message"]


def test_frames_and_messages_that_are_wrong(server: Running, speech: bytes) -> None:
    with call(server) as caller:
        caller.next()
        caller.send(speech[:3200])
        for wrong in (b"", b"abc", bytes(320_002)):
            caller.send(wrong)
            error = caller.next()
            assert (error["code"], error["retryable"]) == ("invalid_audio_frame", True)
        for text in ("hello", '{"type": "sing"}'):
            caller.say_text(text)
            error = caller.next()
            assert (error["code"], error["retryable"]) == ("message_invalid", True)
        closed = caller_told(caller, *pieces(speech[3200:], 16_000))[-1]
    assert closed["reason"] == "client_request"
    frames = 1 + math.ceil((len(speech) - 3200) / 16_000)
    assert closed["received"] == {"audio_duration_ms": len(speech) // 32, "frames": frames}


def test_settings_after_the_first_audio_end_the_session(server: Running, speech: bytes) -> None:
    with call(server) as caller:
        caller.next()
        caller.send(speech[:64_000])
        caller.say("session.update", measurement_timer_ms=1000)
        told = caller.rest()
    (error,) = only(told, "error")
    assert (error["code"], error["retryable"]) == ("config_invalid", False)
    assert told[-1]["reason"] == "error"


def test_a_message_that_is_too_big_ends_the_session(engine: Engine) -> None:
    with serving(engine, max_frame_bytes=1000) as running, call(running) as caller:
        caller.next()
        caller.send(bytes(1002))
        error = caller.rest()[-1]
        assert (error["code"], error["retryable"]) == ("message_too_large", False)


def test_their_key(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        for wrong in ({}, {"X-Hume-Api-Key": "wrong"}):
            with call(running, headers=wrong) as caller:
                (error,) = caller.rest()
                assert "token" in error["message"]
        with call(running, headers={"X-Hume-Api-Key": token}) as caller:
            assert caller.next()["type"] == "session.created"
