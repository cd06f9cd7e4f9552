"""REST and the pages: recordings in one request, readiness, nothing from elsewhere."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from sentivox.api.analysis import Analysis
from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.errors import ModelError, SentivoxError
from sentivox.samples import CALL
from sentivox.server.app import create_app
from sentivox.server.run import Server, bind, run
from sentivox.stream.config import StreamConfig
from tests.server.serving import Recogniser, Running, client, pool_of, serving, wait_for

TONE = {"modalities": "audio"}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, speech: bytes) -> Path:
    path = tmp_path_factory.mktemp("rest") / "turn.wav"
    write_wav(path, np.frombuffer(speech, np.int16))
    return path


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    for channel in document["channels"]:
        for utterance in channel["utterances"]:
            for key in ("session_id", "seq", "latency_ms"):
                del utterance[key]
    for key in ("session_id", "seq"):
        del document["summary"][key]
    return document


def test_a_form_or_a_raw_body_gives_the_document_of_analyze(
    http: httpx.Client, engine: Engine, recording: Path
) -> None:
    config = StreamConfig(modalities=frozenset({"audio"}))
    expected = Analysis(engine, AudioFile(recording), config).result().document()
    expected = without_times(expected | {"file": "turn.wav"})
    data = recording.read_bytes()
    form = http.post("/v1/analyze", params=TONE, files={"file": ("turn.wav", data)})
    raw = http.post("/v1/analyze", params=TONE | {"filename": "turn.wav"}, content=data)
    for answer in (form, raw):
        assert answer.status_code == 200, answer.text
        assert without_times(answer.json()) == json.loads(json.dumps(expected))
    assert len(expected["channels"][0]["utterances"]) == 2


def test_words_where_only_tone_is_heard_are_refused_in_one_line(recording: Path) -> None:
    with Engine.load("embedded", words=False) as deaf, serving(deaf) as running:
        answer = httpx.post(
            f"{running.http}/v1/analyze",
            params={"modalities": "text"},
            content=recording.read_bytes(),
            trust_env=False,
        )
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": "only the tone is analysed here, not the words: use modalities=audio"
    }


def test_labels_less_sure_than_asked_are_unclear(http: httpx.Client, recording: Path) -> None:
    query = TONE | {"min_confidence": "1"}
    document = http.post("/v1/analyze", params=query, content=recording.read_bytes()).json()
    labels = {u["fused"]["label"] for u in document["channels"][0]["utterances"]}
    assert labels == {"unclear"}
    assert document["summary"]["overall"]["counts"]["unclear"] == 2


def test_two_channels_stay_two_or_are_mixed(http: httpx.Client) -> None:
    data = CALL.read_bytes()
    split = http.post("/v1/analyze", params=TONE, content=data).json()
    mixed = http.post("/v1/analyze", params=TONE | {"channels": "mix"}, content=data).json()
    assert [len(d["channels"]) for d in (split, mixed)] == [2, 1]
    assert split["file"] == "upload"


@pytest.mark.parametrize(
    ("body", "query", "status", "says"),
    [
        (b"", {}, 422, "empty"),
        (b"not audio at all" * 100, {"filename": "notes.txt"}, 422, "notes.txt"),
        (b"RIFF\x00\x00\x00\x00WAVE", {}, 422, "upload"),
        (b"x", {"modalities": "smell"}, 422, "text,audio"),
        (b"x", {"language": "klingon!"}, 422, "klingon!"),
        (b"x", {"min_confidence": "2"}, 422, "between 0 and 1"),
        (b"x", {"min_confidence": "nan"}, 422, "between 0 and 1"),
    ],
)
def test_a_bad_recording_is_answered_in_one_line(
    http: httpx.Client, body: bytes, query: dict[str, str], status: int, says: str
) -> None:
    answer = http.post("/v1/analyze", params=query, content=body)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert "/tmp" not in answer.json()["detail"]


def test_a_recording_that_is_too_long_is_refused_as_declared_or_as_it_comes(
    engine: Engine,
) -> None:
    with serving(engine, max_upload_bytes=1 << 20) as running, client(running) as http:
        declared = http.post("/v1/analyze", content=bytes(2 << 20))
        chunked = http.post("/v1/analyze", content=iter([bytes(1 << 20), b"x"]))
    for answer in (declared, chunked):
        assert answer.status_code == 413
        assert "over the limit of 1048576 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"x", 400),  # no boundary
        ("multipart/form-data; boundary=b", b"nonsense", 400),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
            422,
        ),
    ],
)
def test_a_broken_form_is_answered_in_one_line(
    http: httpx.Client, content_type: str, body: bytes, status: int
) -> None:
    answer = http.post("/v1/analyze", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert "\n" not in answer.json()["detail"]


def test_other_peoples_pages_may_not_post_recordings(http: httpx.Client) -> None:
    answer = http.post("/v1/analyze", content=b"x", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_recording_nobody_waits_for_is_left_off(
    engine: Engine, recording: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(engine, max_uploads=1) as running:
        uploads = running.server.service.uploads
        with Recogniser(engine).held():
            with client(running) as http, pytest.raises(httpx.ReadTimeout):
                http.post("/v1/analyze", content=recording.read_bytes(), timeout=0.3)
            wait_for(lambda: "abandoned" in caplog.text)
        wait_for(lambda: not len(uploads) and not uploads.turns.locked())
    assert "analyzed" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("as_form", [True, False])
def test_an_upload_cut_in_the_middle_is_no_harm(
    server: Running, http: httpx.Client, caplog: pytest.LogCaptureFixture, *, as_form: bool
) -> None:
    host, port = server.address.split(":")
    form = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    head = b"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n"
    with socket.create_connection((host, int(port))) as half:
        half.sendall(head + (form if as_form else b"\r\nRIFF"))
        wait_for(lambda: len(server.server.service.uploads) == 1)
    wait_for(lambda: len(server.server.service.uploads) == 0)
    assert http.get("/healthz").status_code == 200
    assert "Traceback" not in caplog.text
    assert not caplog.records


def test_models_and_health(http: httpx.Client, engine: Engine) -> None:
    assert http.get("/v1/models").json() == {"profile": "embedded", "models": engine.describe()}
    assert http.get("/healthz").json() == {"status": "alive"}
    ready = http.get("/readyz").json()
    assert ready == {
        "status": "ready",
        "streams": {"open": 0, "max": 64},  # as `serving` asks for
        "asr": "closed",
        "degradation": 0,
        "store": None,
    }


def test_until_the_models_are_loaded_it_answers_and_says_so(engine: Engine) -> None:
    begun, load = threading.Event(), threading.Event()

    def loader(progress: Progress) -> Engine:
        progress("tone", False)
        begun.set()
        load.wait(30)
        progress("tone", True)
        return Engine.load("embedded", asr_workers=1)  # one of its own, as the server closes it

    with serving(loader) as running, client(running) as http:
        begun.wait(10)
        try:
            assert http.get("/healthz").status_code == 200
            unready = http.get("/readyz")
            refused = http.post("/v1/analyze", content=b"x")
            with running.call() as caller:
                (error,) = caller.rest()
        finally:
            load.set()
        assert unready.status_code == 503
        assert unready.json()["status"] == "unready"
        assert unready.json()["reason"] == "loading tone"
        assert refused.status_code == 503
        assert "loading tone" in refused.json()["detail"]
        assert (error["code"], error["fatal"], caller.code) == ("not_ready", True, 1013)
        assert "loading tone" in error["message"]
        wait_for(lambda: http.get("/readyz").status_code == 200)
        with running.call() as caller:
            assert caller.next()["type"] == "Begin"
    assert pool_of(engine).stats().alive == 1  # another engine was closed


def test_a_server_whose_models_cannot_be_loaded_ends_with_the_reason() -> None:
    def loader(_: Progress) -> Engine:
        raise ModelError("the tone model is missing")

    with pytest.raises(SentivoxError, match="the tone model is missing"):
        run(Server(create_app(loader)), bind("127.0.0.1", 0))


def test_the_description_for_tools_names_every_operation(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/v1/analyze",
        "/v1/audio/transcriptions",
        "/twilio/voice",
        "/v1/listen",
        "/v1/explain",
        "/v1/ticket",
        "/v1/models",
        "/metrics",
        "/healthz",
        "/readyz",
        "/v1/sessions",
        "/v1/sessions/export",
        "/v1/sessions/trend",
        "/v1/sessions/{session_id}",
        "/v1/sessions/{session_id}/events",
        "/v1/sessions/{session_id}/report",
        "/v1/sessions/{session_id}/utterances",
        "/v1/sessions/{session_id}/utterances/{channel}/{utterance_id}/audio",
        "/v1/sessions/{session_id}/utterances/{channel}/{utterance_id}/label",
    }
    body = paths["/v1/analyze"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "application/octet-stream"}
