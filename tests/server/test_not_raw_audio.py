"""Wrong bytes on a live stream: their sender is told once what they are, and what to do."""

import base64
import io
import json
import wave
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.server.ws.inspection import AudioFinding, Inspection
from sentivox.stream.config import StreamConfig
from sentivox.types import Int16Array
from tests.server.serving import (
    Message,
    Running,
    content,
    kinds,
    offline,
    only,
    pieces,
    serving,
    wait_for,
)
from tests.server.test_resume import cut, resume

TONE = "modalities=audio"


@pytest.fixture(scope="module")
def toned(engine: Engine, sentence: bytes) -> list[Message]:
    return content(offline(engine, sentence, config=StreamConfig(modalities=frozenset({"audio"}))))


def wav(samples: bytes, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    return file.getvalue()


def problem(messages: list[Message]) -> Message:
    """The only thing that was said of the audio."""
    (found,) = [m for m in messages if m["type"] in {"Warning", "Error"}]
    assert found["code"] == "not_raw_audio"
    assert "\n" not in found["message"]
    return found


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01", "WebM"),
        (b"OggS\x00\x02", "Ogg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x23TSSE", "MP3"),
        (b"fLaC\x00\x00\x00\x22", "FLAC"),
        (b"\x00\x00\x00\x1cftypM4A ", "M4A"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM", "AIFF"),
        (b"caff\x00\x01\x00\x00desc", "CAF"),
        (b"#!AMR\n", "AMR"),
    ],
)
@pytest.mark.parametrize("size", [3, 3200], ids=["in crumbs", "in messages"])
def test_a_file_ends_the_session_and_is_named(
    server: Running, head: bytes, named: str, size: int
) -> None:
    data = head + np.random.default_rng(0).bytes(6400)
    with server.call(TONE) as caller:
        with suppress(ConnectionClosed):  # by then it knows already
            caller.send(*pieces(data[:60] if size == 3 else data, size))
        error = problem(caller.rest()[1:])
    assert (error["type"], error["fatal"], caller.code) == ("Error", True, 1003)
    assert named in error["message"]
    assert "linear16 at 16000 Hz" in error["message"]
    assert "/v1/analyze" in error["message"]


def test_a_wav_file_of_another_rate_is_told_how_to_connect(
    server: Running, sentence: bytes
) -> None:
    with server.call(TONE) as caller:
        caller.send(wav(sentence, 48_000)[:6400])
        error = problem(caller.rest()[1:])
    assert (error["fatal"], caller.code) == (True, 1003)
    assert "encoding=linear16&sample_rate=48000&channels=1" in error["message"]


@pytest.mark.parametrize("size", [77, 3201, 200_000])
def test_a_wav_header_of_what_was_agreed_is_left_out(
    server: Running, sentence: bytes, toned: list[Message], size: int
) -> None:
    with server.call(TONE) as caller:
        assert content(caller.finish(*pieces(wav(sentence), size))) == toned


def test_also_where_every_message_has_one(
    server: Running, sentence: bytes, toned: list[Message]
) -> None:
    with server.call(TONE) as caller:
        assert content(caller.finish(*map(wav, pieces(sentence, 6400)))) == toned


def test_headers_count_among_the_bytes_that_a_cut_client_sends_again(
    engine: Engine, sentence: bytes, toned: list[Message]
) -> None:
    data = wav(sentence)
    with serving(engine, late_s=600.0) as running:
        sessions = running.server.service.sessions
        with running.call(TONE) as caller:
            caller.send(data[:20])  # in the middle of the header
            first = caller.until("Begin")
            wait_for(lambda: sessions.conversations[0].intake._inspection._held)
            cut(caller)
        wait_for(lambda: not sessions.conversations[0].intake._inspection._held)
        with resume(running, first[-1], TONE) as caller:
            assert caller.next()["audio_bytes"] == 0
            caller.send(data[:64_045])
            first += caller.until("AudioSentiment")
            wait_for(lambda: sessions.conversations[0].intake.received == 64_044)
            cut(caller)
        wait_for(lambda: sessions.conversations[0].intake._inbox._carry == b"")
        with resume(running, first[-1], TONE) as caller:
            assert caller.next()["audio_bytes"] == 64_044
            rest = caller.finish(*pieces(data[64_044:], 6400))
    assert content(first + rest) == toned


@pytest.mark.parametrize(
    ("query", "sent", "named"),
    [
        ("", lambda x: (x / 32768).astype("<f4"), "encoding=linear32f"),
        ("", lambda x: x.astype(">i2"), "big-endian"),
        ("encoding=linear32f", lambda x: x.astype("<f4"), "divide by 32768"),
        ("encoding=mulaw", lambda x: x, "encoding=linear16"),
        ("", lambda x: np.frombuffer(np.random.default_rng(0).bytes(x.nbytes), "<i2"), "compress"),
    ],
)
def test_another_encoding_is_warned_of_once(
    server: Running,
    speech: bytes,
    query: str,
    sent: Callable[[Int16Array], np.ndarray],
    named: str,
) -> None:
    wrong = sent(np.tile(np.frombuffer(speech, "<i2"), 2)).tobytes()
    with server.call(f"{TONE}&{query}") as caller:
        messages = caller.finish(*pieces(wrong, 6400))
    warning = problem(messages[1:])
    assert (warning["type"], caller.code) == ("Warning", 1000)
    assert named in warning["message"]


@pytest.mark.parametrize("text", ['{"type": "KeepAlive"}', '{"type":"KeepAlive","odd":1}\n'])
def test_a_control_message_in_a_binary_frame_is_one(
    server: Running, sentence: bytes, toned: list[Message], text: str
) -> None:
    with server.call(TONE) as caller:
        caller.send(sentence[:3200], text.encode(), sentence[3200:])
        assert content(caller.finish()) == toned
    with server.call(TONE) as caller:
        caller.send(sentence, b'{"type":"CloseStream"}')
        assert content(caller.rest()) == toned


def test_two_bytes_that_could_be_json_are_a_sample(server: Running) -> None:
    with server.call(TONE) as caller:
        messages = caller.finish(b"{}", b"[]", bytes(32_000 - 4))
    assert messages[-1]["audio_seconds"] == 1.0


AUDIO = base64.b64encode(bytes(320)).decode()


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, "Twilio"),
        ({"event": "media", "media": {"payload": AUDIO}}, "Twilio"),
        ({"type": "input_audio_buffer.append", "audio": AUDIO}, "OpenAI"),
        ({"type": "session.update", "session": {}}, "OpenAI"),
        ({"audio_data": AUDIO}, "audio in JSON"),
        ({"type": "audio", "data": {"chunk": AUDIO}}, "audio in JSON"),
        ({"samples": [0.25] * 160}, "audio in JSON"),
        ([0] * 160, "audio in JSON"),
        (AUDIO, "audio in JSON"),
    ],
)
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_audio_wrapped_in_text_is_told_once(
    server: Running, message: object, named: str, *, binary: bool
) -> None:
    text = json.dumps(message)
    if binary and text[0] == '"':
        pytest.skip("is text to us, and too short to tell")
    with server.call(TONE) as caller:
        with suppress(ConnectionClosed):
            for _ in range(20):
                caller.socket.send(text.encode() if binary else text)
        error = problem(caller.rest()[1:])
    assert (error["type"], error["fatal"], caller.code) == ("Error", True, 1003)
    assert named in error["message"]


def test_base64_is_told_in_text_and_in_binary_frames(server: Running, sentence: bytes) -> None:
    text = base64.b64encode(sentence[40_000:43_200]).decode()
    for sent in (text, text.encode()):
        with server.call(TONE) as caller:
            caller.socket.send(sent)
            error = problem(caller.rest()[1:])
        assert (error["fatal"], caller.code) == (True, 1003)
        assert "base64" in error["message"]


def test_strangers_messages_without_audio_go_on(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        for message in (
            {"event": "websocket:connected", "content-type": "audio/l16;rate=16000"},
            {"type": "KeepAlive", "token": AUDIO},
            {"type": "StartConversation", "name": "x" * 50},
        ):
            caller.socket.send(json.dumps(message))
        answers = caller.finish()
    assert kinds(only(answers, "Error")) == ["Error"]
    assert not [m for m in answers if m.get("fatal")]


def test_a_pace_of_another_rate_is_warned_of_once(speech: bytes) -> None:
    """48 kHz at the speed of a microphone, announced as 16; the clock is ours."""
    found: list[AudioFinding] = []
    now = 0.0
    inspection = Inspection(AudioFormat(), found.append, lambda: now)
    slowed = np.repeat(np.frombuffer(speech, "<i2"), 3)
    smooth = np.convolve(slowed, np.ones(9) / 9, "same").astype("<i2").tobytes()
    for message in pieces(smooth * 8, 9600):
        inspection.take(message)
        now += 0.1
    (finding,) = found
    assert not finding.fatal
    assert "sample_rate=48000" in finding.message
    assert "3 times" in finding.message


def test_a_recording_at_the_same_pace_is_not(speech: bytes) -> None:
    found: list[AudioFinding] = []
    now = 0.0
    inspection = Inspection(AudioFormat(), found.append, lambda: now)
    for message in pieces(speech * 24, 9600):
        inspection.take(message)
        now += 0.1
    assert not found


@pytest.mark.parametrize("factor", [1, 60], ids=["as it is", "clipped"])
def test_the_call_itself_is_no_cause_for_alarm(server: Running, speech: bytes, factor: int) -> None:
    loud = np.clip(np.frombuffer(speech, "<i2").astype(int) * factor, -32768, 32767)
    with server.call(TONE) as caller:
        messages = caller.finish(*pieces(loud.astype("<i2").tobytes(), 3200))
    assert not only(messages, "Warning") + only(messages, "Error")


def test_what_the_server_has_decoded_itself_is_not_questioned() -> None:
    found: list[AudioFinding] = []
    audio = wav(np.random.default_rng(0).bytes(96_000), rate=44_100)
    Inspection(AudioFormat(), found.append).take(audio)
    assert found.pop().fatal
    assert Inspection(AudioFormat(), found.append, certain=True).take(audio) == (audio, 0)
    assert found == []
