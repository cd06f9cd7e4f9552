"""Calls by Twilio, Telnyx and Vonage: what they send, and what is stored of it."""

import base64
import io
import json
import socket
import wave
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from sentivox.audio.files import AudioFile
from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.admission.twilio import TwilioSignatures
from tests.dialects.coded import mulaw
from tests.server.serving import (
    PATIENCE_S,
    Caller,
    Message,
    Running,
    client,
    pieces,
    serving,
    wait_for,
)

SECRET = "a-secret-of-an-account"
PUBLIC = "https://voice.example.com/calls"


@pytest.fixture(scope="module")
def keeping(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose results are seen in its store, as those of calls are."""
    store = f"sqlite:///{tmp_path_factory.mktemp('kept')}/calls.db"
    with serving(engine, store=store, late_s=600.0, resume_s=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def call_at_8k() -> np.ndarray:
    """The first half of the sample call at 8 kHz, shape (2, samples), int16: agent, customer."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)[:, : 16_000 * 15]
    return np.stack([soxr.resample(side, 16_000, 8_000) for side in call]).astype(np.int16)


def wav(samples: np.ndarray) -> bytes:
    """A file of samples at 8 kHz, of one channel or of shape (samples, channels)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def stored(running: Running, call: str) -> tuple[Message, list[Message]]:
    """The session with the tag of a call and its utterances, once it has ended."""
    with client(running) as http:

        def ended() -> list[Message]:
            found = http.get("/v1/sessions", params={"tag": f"call:{call}"}).json()["sessions"]
            return [session for session in found if session["ended"]]

        wait_for(ended)
        (session,) = ended()
        whole = http.get(f"/v1/sessions/{session['id']}").json()
    return whole, [said for channel in whole["channels"] for said in channel["utterances"]]


def spoken(utterances: list[Message], channel: int) -> str:
    return " ".join(u["transcript"] or "" for u in utterances if u["channel"] == channel)


def test_a_call_of_twilio_with_both_sides(
    keeping: Running, call_at_8k: np.ndarray, tmp_path: Path
) -> None:
    double = pytest.importorskip("streamdouble.api")
    from streamdouble.audio import wav_to_ulaw_frames

    agent, customer = call_at_8k
    (tmp_path / "customer.wav").write_bytes(wav(customer))
    (tmp_path / "agent.wav").write_bytes(wav(agent))
    config = double.SessionConfig(
        fork=True,
        tracks=["inbound", "outbound"],
        agent_frames=wav_to_ulaw_frames(tmp_path / "agent.wav"),
        custom_parameters={"language": "en", "tags": "team:sales", "session_id": "theirs"},
    )
    url = f"ws://{keeping.address}/twilio/media"
    report = double.call_sync(url, audio_path=tmp_path / "customer.wav", config=config)
    assert report.violations == []
    call = report.result.identity.call_sid
    session, utterances = stored(keeping, call)
    assert session["session"]["tags"] == [f"call:{call}", "team:sales"]
    assert [channel["name"] for channel in session["channels"]] == ["Customer", "Agent"]
    assert session["duration"] == pytest.approx(15.0, abs=0.5)
    with client(keeping) as http:
        both = np.ascontiguousarray(np.stack([customer, agent], axis=1))
        answer = http.post("/v1/analyze", content=wav(both), params={"language": "en"}).json()
    for channel in (0, 1):
        expected = answer["channels"][channel]["utterances"]
        found = [u for u in utterances if u["channel"] == channel]
        assert [u["start"] for u in found] == pytest.approx(
            [u["start"] for u in expected], abs=0.25
        )
        assert len(spoken(found, channel).split()) == pytest.approx(
            len(spoken(expected, channel).split()), abs=3
        )


def media(audio: bytes, at_ms: int, track: str = "inbound") -> str:
    payload = base64.b64encode(audio).decode()
    piece = {"track": track, "chunk": "2", "timestamp": str(at_ms), "payload": payload}
    return json.dumps({"event": "media", "sequence_number": "4", "media": piece})


@pytest.mark.parametrize("stops", [True, False])
def test_a_call_of_telnyx_out_of_order(
    keeping: Running, call_at_8k: np.ndarray, *, stops: bool
) -> None:
    """Nor need it say that it ends: what was heard is analysed all the same."""
    name = f"telnyx-{stops}"
    start = {
        "call_session_id": name,
        "from": "+13122010094",
        "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
    }
    sent = [media(p, 20 * n) for n, p in enumerate(pieces(mulaw(call_at_8k[1]), 160))]
    sent[::2], sent[1::2] = sent[1::2], sent[::2]
    with keeping.call(path="/telnyx/media") as caller:
        caller.say_text(json.dumps({"event": "connected", "version": "1.0.0"}))
        caller.say_text(json.dumps({"event": "start", "start": start, "stream_id": "32DE0DEA"}))
        for message in sent:
            caller.say_text(message)
        caller.say_text(json.dumps({"event": "dtmf", "dtmf": {"digit": "1"}}))
        if stops:
            caller.say_text(json.dumps({"event": "stop", "stop": {"reason": "hangup"}}))
        caller.socket.close()
    session, utterances = stored(keeping, name)
    assert session["duration"] == pytest.approx(
        15.0, abs=0.1 if stops else 0.4
    )  # the wait for a track
    assert {u["channel"] for u in utterances} == {0}
    assert len(spoken(utterances, 0).split()) > 12


def test_a_call_of_vonage(keeping: Running, call_at_8k: np.ndarray) -> None:
    begin = {
        "event": "websocket:connected",
        "content-type": "audio/l16;rate=8000",
        "uuid": "vonage-1",
        "tags": "shop",
        "caller-id": "447700900123",
    }
    with keeping.call(path="/vonage/media") as caller:
        caller.say_text(json.dumps(begin))
        caller.send(*pieces(call_at_8k[1].tobytes(), 320))
        caller.say_text(json.dumps({"event": "websocket:dtmf", "digit": "5", "duration": 260}))
        caller.socket.close()
    session, utterances = stored(keeping, "vonage-1")
    assert session["session"]["tags"] == ["call:vonage-1", "shop"]
    assert len(spoken(utterances, 0).split()) > 12


@pytest.mark.parametrize("end", ["silence", "too-big", "mistakes"])
def test_what_was_heard_is_kept_however_a_call_ends(
    engine: Engine, call_at_8k: np.ndarray, tmp_path: Path, end: str
) -> None:
    """In the middle of an utterance."""
    limits: dict[str, Any] = {"idle_timeout_s": 1.0, "max_frame_bytes": 10_000}
    speech = mulaw(call_at_8k[1][: 8000 * 8])
    with serving(engine, store=f"sqlite:///{tmp_path}/calls.db", late_s=600.0, **limits) as running:
        for name in ("stop", end):
            with running.call(path="/twilio/media") as caller:
                caller.say_text(start_of(callSid=name))
                for number, piece in enumerate(pieces(speech, 160)):
                    caller.say_text(media(piece, 20 * number))
                if name == "stop":
                    caller.say_text('{"event": "stop"}')
                elif name == "too-big":
                    caller.say_text(media(bytes(20_000), 0))
                elif name == "mistakes":
                    for number in range(20):
                        caller.say_text(f'{{"event": "media", "media": {number}}}')
                caller.rest()
        expected, found = stored(running, "stop")[1], stored(running, end)
    assert [u["transcript"] for u in found[1]] == [u["transcript"] for u in expected]
    assert found[0]["session"]["outcome"] == {
        "silence": "idle", "too-big": "frame_too_big", "mistakes": "too_many_errors",
    }[end]  # fmt: skip


def test_a_form_that_does_not_come_holds_nobody_up(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /twilio/voice HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nab"
    with serving(engine, upload_grace_s=0.3) as running:
        host, port = running.address.split(":")
        with socket.create_connection((host, int(port)), PATIENCE_S) as stalled:
            stalled.sendall(head)
            assert stalled.recv(1000).startswith(b"HTTP/1.1 408")
        with socket.create_connection((host, int(port)), PATIENCE_S) as leaving:
            leaving.sendall(head)
        with client(running) as http:
            assert http.post("/twilio/voice").is_success
    assert "Traceback" not in caplog.text


def start_of(**changes: Any) -> str:
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"callSid": "CA1", "tracks": ["inbound"], "mediaFormat": form, **changes}
    return json.dumps({"event": "start", "start": start})


@pytest.mark.parametrize(
    ("path", "first", "why"),
    [
        ("twilio", "hello", "a message is a JSON object"),
        ("twilio", '{"event": "media"}', "the first message is"),
        ("twilio", '{"event": "start", "start": 5}', "the first message is"),
        ("twilio", start_of(mediaFormat={"encoding": "opus"}), "encoding 'opus' is not known"),
        ("twilio", start_of(mediaFormat={}), "encoding 'None' is not known"),
        (
            "twilio",
            start_of(mediaFormat={"encoding": "PCMU", "sampleRate": "fast"}),
            "sample_rate",
        ),
        ("twilio", start_of(customParameters={"language": "klingon!"}), "is not a tag"),
        ("telnyx", start_of(), "encoding 'None' is not known"),
        ("vonage", '{"event": "websocket:connected"}', "the first message is"),
    ],
)
def test_a_start_that_cannot_be(server: Running, path: str, first: str, why: str) -> None:
    with server.call(path=f"/{path}/media") as caller:
        caller.say_text(first)
        assert caller.rest() == []
        assert caller.code == 1003
        assert why in caller.reason


def test_messages_that_are_wrong_disturb_nobody(keeping: Running, call_at_8k: np.ndarray) -> None:
    wrong = [
        '{"event": "media"}',
        '{"event": "media", "media": {"payload": 5}}',
        '{"event": "media", "media": {"payload": "!!"}}',
        '{"event": "media", "media": {"payload": "AAAA", "track": "third"}}',
        '{"event": "mark", "mark": {"name": "m1"}}',
        "rubbish",
    ]
    with keeping.call(path="/twilio/media") as caller:
        caller.say_text(start_of(callSid="CA-wrong"))
        for number, piece in enumerate(pieces(mulaw(call_at_8k[1]), 160)):
            caller.say_text(media(piece, 20 * number))
            if number == 100:
                for text in wrong:
                    caller.say_text(text)
        caller.say_text('{"event": "stop"}')
        assert caller.rest() == []
        assert caller.code == 1000
    assert len(spoken(stored(keeping, "CA-wrong")[1], 0).split()) > 12


def test_the_signature_is_the_one_that_twilio_makes() -> None:
    official = pytest.importorskip("twilio.request_validator").RequestValidator(SECRET)
    ours = TwilioSignatures(SECRET, PUBLIC)
    form = {"CallSid": "CA1", "From": "+14158675309", "To": "+1 800", "Empty": ""}
    for url, fields in (
        ("wss://voice.example.com/calls/twilio/media", {}),
        ("https://voice.example.com/calls/twilio/voice?dial=%2B1&x=ü", form),
    ):
        assert ours.sign(url, fields.items()) == official.compute_signature(url, fields)


def test_only_calls_with_a_signature_come_in(engine: Engine) -> None:
    official = pytest.importorskip("twilio.request_validator").RequestValidator(SECRET)
    token = new_token()
    settings: dict[str, Any] = {
        "keyring": Keyring.of([token]),
        "public_url": PUBLIC,
        "root_path": "/calls",
        "twilio_auth_token": SECRET,
        "allowed_hosts": None,
    }
    media_url = "wss://voice.example.com/calls/twilio/media"
    voice_url = "https://voice.example.com/calls/twilio/voice?dial=%2B15551234567&language=en"
    form = {"CallSid": "CA1", "Caller": "+14158675309"}
    with serving(engine, **settings) as running, client(running) as http:
        assert SECRET not in repr(running.server.service.settings)
        for signature in ("", "wrong", official.compute_signature(media_url + "/", {})):
            headers = {"X-Twilio-Signature": signature}
            with Caller(f"ws://{running.address}/twilio/media", headers) as caller:
                assert caller.rest() == []
                assert caller.code == 1008
                assert "X-Twilio-Signature" in caller.reason
        right = {"X-Twilio-Signature": official.compute_signature(media_url, {})}
        with Caller(f"ws://{running.address}/calls/twilio/media", right) as caller:
            caller.say_text(start_of())
            caller.say_text('{"event": "stop"}')
            assert caller.rest() == []
            assert caller.code == 1000
        query = "/twilio/voice?dial=%2B15551234567&language=en"
        assert http.post(query, data=form).status_code == 401
        signed = {"X-Twilio-Signature": official.compute_signature(voice_url, form)}
        told = ET.fromstring(http.post(query, data=form, headers=signed).text)
        stream = told.find("Start/Stream")
        assert stream is not None
        assert stream.attrib == {"url": media_url, "track": "both_tracks"}
        assert [p.attrib for p in stream] == [{"name": "language", "value": "en"}]
        assert told.findtext("Dial") == "+15551234567"
        other = running.call(path="/telnyx/media")  # whose calls need the token
        with other as caller:
            assert caller.rest() == []
            assert caller.code == 1008


def test_without_a_secret_the_server_s_tokens_count(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        with client(running) as http:
            assert http.post("/twilio/voice").status_code == 401
        with running.call(path="/telnyx/media", Authorization=f"Bearer {token}") as caller:
            caller.say_text('{"event": "stop"}')
            assert caller.rest() == []
            assert "the first message is" in caller.reason


def test_twiml_says_how_the_call_goes_on(server: Running) -> None:
    with client(server) as http:
        plain = ET.fromstring(http.post("/twilio/voice").text)
        assert plain.find("Pause") is not None
        strange = ET.fromstring(http.post("/twilio/voice?dial=%00%2B1%0B&x=%EF%BF%BE").text)
        assert strange.findtext("Dial") == "+1"
        hostile = {"then": "https://x/?a=1&b=<Hangup/>", 'na"me': "<Say>", "language": "en"}
        answer = http.post("/twilio/voice", params=hostile)
        assert answer.headers["content-type"] == "application/xml"
        told = ET.fromstring(answer.text)
        assert told.findtext("Redirect") == hostile["then"]
        stream = told.find("Start/Stream")
        assert stream is not None
        assert stream.attrib["url"] == f"wss://{server.address}/twilio/media"
        named = {p.attrib["name"]: p.attrib["value"] for p in stream}
        assert named == {'na"me': "<Say>", "language": "en"}
        big = http.post("/twilio/voice", content=bytes(70_000))
        assert big.status_code == 413
