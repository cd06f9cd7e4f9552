"""Recordings in one request: what may be asked for, how they may come, and what ends them."""

import os
import signal
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine.engine import Engine
from sentivox.engine.isolated import Bounds
from sentivox.errors import ProtocolError
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.http.forms import Form, NotAForm
from sentivox.server.http.options import OPTIONS, UploadOptions
from tests.processes import environment, running
from tests.server.serving import Recogniser, Running, client, serving, wait_for

DECODER = "sentivox.engine.decoder"
TONE = {"modalities": "audio"}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, speech: bytes) -> bytes:
    path = tmp_path_factory.mktemp("uploads") / "turn.wav"
    write_wav(path, np.frombuffer(speech, np.int16))
    return path.read_bytes()


def post(http: httpx.Client, data: bytes, form: Any = (), **query: str) -> httpx.Response:
    """A form with the recording and these fields, and a query."""
    files = [*((name, (None, value)) for name, value in form), ("file", ("a.wav", data))]
    return http.post("/v1/analyze", params=query, files=files)


# What may be asked for


def test_the_switch_that_leaves_the_voice_alone_works_in_a_form(
    http: httpx.Client, recording: bytes
) -> None:
    """Where inferring emotions from the voice is banned, a form must not be read past."""
    answers = [
        post(http, recording, [("modalities", "text")]),
        post(http, recording, modalities="text"),
        post(http, recording, [("modalities", "text")], modalities="text"),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        utterances = answer.json()["channels"][0]["utterances"]
        assert len(utterances) == 2
        assert [u["audio_sentiment"] for u in utterances] == [None, None]
        assert all(u["transcript"] for u in utterances)


def test_every_option_works_in_a_form_as_in_the_query(http: httpx.Client) -> None:
    asked = {
        "language": "en",
        "modalities": "audio",
        "min_confidence": "1",
        "baseline": "false",
        "chinese_script": "original",
        "words": "false",
        "channel_names": "Ms Li",
        "roles": "agent",
        "tags": "team:sales",
        "channels": "mix",
        "track": "1",
        "speakers": "false",
        "filename": "call",
    }
    assert asked.keys() == OPTIONS.keys()
    in_form = post(http, CALL.read_bytes(), asked.items()).json()
    in_query = post(http, CALL.read_bytes(), **asked).json()
    for document in (in_form, in_query):
        assert document["file"] == "call"
        (channel,) = document["channels"]
        assert (channel["name"], channel["role"]) == ("Ms Li", "agent")
        labels = {u["fused"]["label"] for u in channel["utterances"]}
        assert labels == {"unclear"}
    said = [[u["fused_score"] for u in d["channels"][0]["utterances"]] for d in (in_form, in_query)]
    assert said[0] == said[1]


def test_what_was_done_to_it_is_said_under_the_senders_name(
    http: httpx.Client, tmp_path: Path, speech: bytes
) -> None:
    side = np.frombuffer(speech, np.int16)
    write_wav(tmp_path / "silent.wav", np.stack([side, np.zeros_like(side)]))
    answer = post(http, (tmp_path / "silent.wav").read_bytes(), **TONE)
    assert answer.json()["notes"] == ["a.wav: channel 2 is silent."]
    assert "/sentivox-" not in answer.text


def test_the_voices_of_one_channel_are_told_apart(http: httpx.Client) -> None:
    """As `sentivox analyze` does it; the sample call, mixed, has two voices."""
    call = CALL.read_bytes()
    mixed, kept = (
        post(http, call, channels="mix", **TONE, **more).json()
        for more in ({}, {"speakers": "false"})
    )
    who = [u["speaker"] for u in mixed["channels"][0]["utterances"]]
    assert set(who) == {"S1", "S2"}
    assert [one["speaker"] for one in mixed["summary"]["speakers"]] == ["S1", "S2"]
    assert {u["speaker"] for u in kept["channels"][0]["utterances"]} == {None}
    assert kept["summary"]["speakers"] == []


def test_a_single_voice_has_a_name_if_asked(http: httpx.Client, recording: bytes) -> None:
    for asked, name in (({}, None), ({"speakers": "true"}, "S1")):
        (channel,) = post(http, recording, **TONE, **asked).json()["channels"]
        assert {u["speaker"] for u in channel["utterances"]} == {name}


def test_a_track_may_be_chosen(http: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "two.m4a"
    two_tracks(path)
    asked = ({}, {"track": "1"}, {"track": "all"})
    answers = [post(http, path.read_bytes(), track.items(), **TONE) for track in asked]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [len(answer.json()["channels"]) for answer in answers] == [2, 1, 2]


def two_tracks(path: Path) -> None:
    """A recording of two speakers with a track each."""
    sides = np.concatenate(list(AudioFile(CALL)), axis=1)
    with av.open(str(path), "w", format="mp4") as out:
        streams = [out.add_stream("aac", rate=16_000, layout="mono") for _ in sides]
        for stream, side in zip(streams, sides, strict=True):
            frame = av.AudioFrame.from_ndarray(side[None], "s16", "mono")
            frame.sample_rate = 16_000
            resampler = av.AudioResampler(stream.format, "mono", 16_000, 1024)
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("form", "query", "says"),
    [
        ([("modality", "text")], "", "no option 'modality'; there are baseline, channel_names"),
        ([], "modality=text", "no option 'modality'; there are baseline, channel_names"),
        ([("", "text")], "", "no option ''"),
        ([("Modalities", "text")], "", "no option 'Modalities'"),
        ([], "token=abc", "no option 'token'"),
        ([("modalities", "text")], "modalities=audio", "modalities is given twice"),
        ([], "language=en&language=zh", "language is given twice"),
        ([("language", "en"), ("language", "zh")], "", "language is given twice"),
        ([("modalities", "")], "", "modalities takes text"),
        ([], "modalities=", "modalities takes text"),
        ([("modalities", "text,")], "", "modalities takes text"),
        ([], "language=", "language '' is not a tag"),
        ([("language", "english")], "", "language 'english' is not a tag"),
        (
            [("language", "de-AT")],
            "",
            "pocketsphinx/en-us does not know the language 'de', only en",
        ),
        ([], "chinese_script=hant", "chinese_script takes simplified, traditional, original"),
        ([("min_confidence", "")], "", "min_confidence '' is not a number"),
        ([("min_confidence", "2")], "", "between 0 and 1"),
        ([("min_confidence", "nan")], "", "between 0 and 1"),
        ([("baseline", "")], "", "baseline '' is neither true nor false"),
        ([("channels", "both")], "", "channels 'both' is neither split nor mix"),
        ([], "channels=", "channels '' is neither split nor mix"),
        ([("track", "0")], "", "track '0' is neither a number from 1 nor all"),
        ([], "track=", "track '' is neither a number from 1 nor all"),
        ([], "track=2", "a.wav has one audio track: there is no track 2"),
        ([], "filename=", "filename takes 1 to 255 characters"),
        ([("filename", "x" * 256)], "", "filename takes 1 to 255 characters"),
        ([("language", "x" * 1001)], "", "language is longer than 1000 bytes"),
        ([("file", "RIFF")], "", "the field file has no filename"),
    ],
)
def test_what_nobody_understands_is_refused_by_name(
    http: httpx.Client, recording: bytes, form: list[tuple[str, str]], query: str, says: str
) -> None:
    files = [*((name, (None, value)) for name, value in form), ("file", ("a.wav", recording))]
    answer = http.post(f"/v1/analyze?{query}", files=files)
    assert answer.status_code == 422, answer.text
    detail = answer.json()["detail"]
    assert says in detail
    assert "\n" not in detail


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("file", ("a.wav", b"x")), ("file", ("b.wav", b"x"))], "two files"),
        ([("file", ("a.wav", b"x")), ("more", ("b.wav", b"x"))], "no option 'more'"),
        ([("audio", ("a.wav", b"x"))], "no option 'audio'"),
        ([("modalities", ("a.txt", b"text"))], "modalities is an option: send its value"),
        ([("language", (None, "en"))], "the form has no file"),
        ([("language", (None, "en"))] * 40, "more than 32 fields"),
        ([("file", ("a.wav", b""))], "empty"),
    ],
)
def test_a_form_has_one_file_under_its_name(http: httpx.Client, files: Any, says: str) -> None:
    answer = http.post("/v1/analyze", files=files)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"Content-Type": "application/json"}, 415, "application/octet-stream"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "--data-binary"),
        ({"Content-Type": "text/plain; charset=utf-8"}, 415, "curl -F file=@call.wav"),
        ({"Content-Type": "multipart/mixed; boundary=b"}, 415, "curl -F file=@call.wav"),
        ({"Content-Encoding": "gzip"}, 415, "as it is"),
        ({"Content-Encoding": "gzip", "Content-Type": "audio/wav"}, 415, "as it is"),
        ({"Content-Type": "multipart/form-data"}, 400, "names no boundary"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, 400, "is not multipart/form-data"),
        ({"Content-Type": "Multipart/Form-Data; boundary=b"}, 400, "is not multipart/form-data"),
        ({"Content-Type": f"multipart/form-data; boundary={'b' * 300}"}, 400, "boundary"),
        ({"Content-Type": "audio/wav"}, 200, ""),
        ({"Content-Type": "video/mp4", "Content-Encoding": "identity"}, 200, ""),
        ({"Content-Type": "application/octet-stream"}, 200, ""),
        ({}, 200, ""),
    ],
)
def test_what_a_body_says_it_is_counts(
    http: httpx.Client, recording: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    answer = http.post("/v1/analyze", params=TONE, content=recording, headers=headers)
    assert answer.status_code == status, answer.text
    assert says in answer.json().get("detail", "")


def test_a_form_that_breaks_off_is_not_half_heard(http: httpx.Client, recording: bytes) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = http.post("/v1/analyze", params=TONE, content=head + recording, headers=headers)
    assert answer.status_code == 400
    assert "is incomplete" in answer.json()["detail"]


@pytest.mark.parametrize(
    "endless",
    [
        b"X: " + bytes(1 << 16),
        b"X" * (1 << 16),
        b"X: y\r\n" * (1 << 14),
        b'Content-Disposition: form-data; name="file"; filename="' + b"x" * (1 << 16),
        b'Content-Disposition: form-data; name="language"\r\n\r\n' + b"x" * (1 << 16),
    ],
)
def test_heads_and_values_are_not_gathered_without_end(endless: bytes) -> None:
    form = Form("multipart/form-data; boundary=b", UploadOptions())
    with pytest.raises((NotAForm, ProtocolError)):
        form.feed(b"--b\r\n" + endless)


def test_the_documentation_names_every_option(http: httpx.Client) -> None:
    operation = http.get("/openapi.json").json()["paths"]["/v1/analyze"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert {p["name"] for p in operation["parameters"]} == OPTIONS.keys()
    assert form["properties"].keys() == {"file", *OPTIONS}
    assert {"400", "401", "403", "408", "413", "415", "422", "503", "507"} <= set(
        operation["responses"]
    )


# How it may come


@contextmanager
def begun(server: Running, *, size: int = 1 << 20) -> Generator[socket.socket]:
    """An upload of which only the beginning was sent."""
    before = len(server.server.service.uploads)
    host, port = server.address.split(":")
    head = f"POST /v1/analyze HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\nRIFF"
    with socket.create_connection((host, int(port))) as half:
        half.sendall(head.encode())
        wait_for(lambda: len(server.server.service.uploads) > before)
        yield half


def status_of(half: socket.socket) -> tuple[int, bytes]:
    """Of the answer, and the whole of it."""
    half.settimeout(60)
    answer = b""
    while chunk := half.recv(65536):
        answer += chunk
    return int(answer.split()[1]), answer


def test_who_sends_slowly_keeps_nobody_waiting(engine: Engine, recording: bytes) -> None:
    with (
        serving(engine, max_uploads=1) as server,
        begun(server),
        begun(server),
        client(server) as http,
    ):
        assert http.post("/v1/analyze", params=TONE, content=recording).status_code == 200
        assert len(server.server.service.uploads) == 2


def test_who_sends_too_slowly_is_told_what_to_do(engine: Engine) -> None:
    with serving(engine, upload_grace_s=0.5) as server, begun(server) as slow:
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.05):
                try:
                    slow.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        status, answer = status_of(slow)
        stop.set()
        dripping.join()
        wait_for(lambda: not len(server.server.service.uploads))
    assert status == 408
    assert b"slower than 10 kB/s" in answer
    assert b"compressed or in parts" in answer


def test_a_slow_link_that_keeps_going_is_served(engine: Engine, recording: bytes) -> None:
    """It takes longer than the grace, and is above the least rate all the same."""

    def slowly() -> Iterator[bytes]:
        for at in range(0, len(recording), 8192):
            yield recording[at : at + 8192]
            time.sleep(0.1)

    limits: dict[str, Any] = {"upload_grace_s": 1.5, "min_upload_rate": 1000.0}
    with serving(engine, **limits) as server, client(server) as http:
        answer = http.post("/v1/analyze", params=TONE, content=slowly())
    assert answer.status_code == 200, answer.text


def test_a_machine_that_slept_finds_uploads_as_they_were(engine: Engine, recording: bytes) -> None:
    with (
        serving(engine, upload_grace_s=0.5) as server,
        begun(server, size=len(recording)) as half,
    ):
        loop = next(iter(server.server.servers)).get_loop()
        loop.call_soon_threadsafe(time.sleep, 2.0)
        half.sendall(recording[4:])
        assert half.recv(12) == b"HTTP/1.1 200"


def test_more_than_can_be_taken_in_are_told_to_come_back(engine: Engine, recording: bytes) -> None:
    with serving(engine, max_bodies=1) as server, client(server) as http:
        with begun(server):
            answer = http.post("/v1/analyze", content=recording)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        wait_for(lambda: not len(server.server.service.uploads))
        assert http.post("/v1/analyze", params=TONE, content=recording).status_code == 200


def test_an_address_and_a_token_take_in_so_many(engine: Engine) -> None:
    token, other = new_token(), new_token()
    limits: dict[str, Any] = {"max_per_token": 1, "keyring": Keyring.of([token, other])}
    with (
        serving(engine, max_per_address=1) as server,
        client(server) as http,
        begun(server),
    ):
        answer = http.post("/v1/analyze", content=b"x")
        assert (answer.status_code, "address" in answer.text) == (503, True)
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(base_url=server.http, transport=elsewhere) as there:
            assert there.post("/v1/analyze", content=b"x").status_code == 422
    with serving(engine, **limits) as server, client(server, token) as http:
        sending, finish = threading.Event(), threading.Event()

        def body() -> Iterator[bytes]:
            yield b"RIFF"
            sending.set()
            finish.wait(60)

        first = threading.Thread(target=lambda: http.post("/v1/analyze", content=body()))
        first.start()
        sending.wait(60)
        wait_for(lambda: len(server.server.service.uploads))
        answer = http.post("/v1/analyze", content=b"x")
        with client(server, other) as mine:
            served = mine.post("/v1/analyze", content=b"x")
        finish.set()
        first.join()
    assert (answer.status_code, "token" in answer.text) == (503, True)
    assert served.status_code == 422


@pytest.mark.parametrize("as_form", [True, False])
def test_the_disk_they_may_take_is_bounded_and_given_back(
    engine: Engine, recording: bytes, *, as_form: bool
) -> None:
    with serving(engine, max_stored_bytes=len(recording)) as server, client(server) as http:

        def send(data: bytes) -> httpx.Response:
            body: dict[str, Any] = {"files": {"file": data}} if as_form else {"content": data}
            return http.post("/v1/analyze", params=TONE, **body)

        for _ in range(2):
            assert send(recording).status_code == 200
            full = send(recording + b"\0")
            assert full.status_code == 503
            assert full.headers["Retry-After"] == "5"
            assert "cannot take any more recordings" in full.json()["detail"]


def test_a_form_may_be_larger_than_its_file(engine: Engine, recording: bytes) -> None:
    with serving(engine, max_upload_bytes=len(recording)) as server, client(server) as http:
        assert post(http, recording, TONE.items()).status_code == 200
        assert post(http, recording + bytes(64 << 10)).status_code == 413


def test_recordings_wait_for_their_turn(engine: Engine, recording: bytes) -> None:
    with serving(engine, max_uploads=1) as server, client(server) as http:
        with held_decoder(server, recording) as first:
            second = threading.Thread(target=first.another)
            second.start()
            wait_for(lambda: len(server.server.service.uploads) == 2)
        second.join()
        assert [answer.status_code for answer in first.answers] == [200, 200]
    with serving(engine, max_uploads=1, turn_s=0.2) as server, client(server) as http:
        with held_decoder(server, recording):
            answer = http.post("/v1/analyze", content=recording)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"


# What ends it


class Posting:
    """Uploads under way, each in a thread of its own."""

    def __init__(self, server: Running, data: bytes) -> None:
        self.answers: list[httpx.Response] = []
        self._server, self._data = server, data

    def another(self) -> None:
        """Send the recording and keep the answer."""
        with client(self._server) as http:
            self.answers.append(http.post("/v1/analyze", params=TONE, content=self._data))


@contextmanager
def held_decoder(server: Running, data: bytes) -> Generator[Posting]:
    """An upload whose decoder does nothing meanwhile."""
    posting = Posting(server, data)
    before = running(DECODER)
    thread = threading.Thread(target=posting.another)
    thread.start()
    wait_for(lambda: running(DECODER) - before)
    (pid,) = running(DECODER) - before
    os.kill(pid, signal.SIGSTOP)
    try:
        yield posting
    finally:
        if pid in running(DECODER):
            os.kill(pid, signal.SIGCONT)
        thread.join()


def test_a_decoder_that_is_killed_costs_one_upload(engine: Engine, recording: bytes) -> None:
    with serving(engine) as server, client(server) as http, server.call("modalities=audio") as live:
        live.next()
        with held_decoder(server, recording) as posting:
            (pid,) = running(DECODER)
            os.kill(pid, signal.SIGKILL)
        (answer,) = posting.answers
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "was killed; try again" in answer.json()["detail"]
        assert http.post("/v1/analyze", params=TONE, content=recording).status_code == 200
        assert live.finish()[-1]["type"] == "Termination"


def test_a_decoder_that_crashes_blames_the_file(
    engine: Engine, recording: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(engine) as server:
        with held_decoder(server, recording) as posting:
            (pid,) = running(DECODER)
            os.kill(pid, signal.SIGSEGV)
        (answer,) = posting.answers
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("upload crashed the decoder (SIGSEGV)")
    assert "Traceback" not in caplog.text


def test_what_takes_too_much_memory_costs_one_upload(engine: Engine, recording: bytes) -> None:
    with serving(engine, decoder=Bounds(memory_bytes=0)) as server, client(server) as http:
        answer = http.post("/v1/analyze", content=recording)
        assert answer.status_code == 422
        assert "\n" not in answer.json()["detail"]
        assert "/tmp" not in answer.json()["detail"]
        assert http.get("/healthz").status_code == 200


def test_a_decoder_ends_once_its_client_has_left(
    engine: Engine, recording: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(engine, max_uploads=1) as server:
        before = running(DECODER)
        with begun(server, size=len(recording)) as half:
            half.sendall(recording[4:])
            wait_for(lambda: running(DECODER) - before)
            (pid,) = running(DECODER) - before
            os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: not running(DECODER))
        wait_for(lambda: not server.server.service.uploads.turns.locked())
        assert not len(server.server.service.uploads)
    assert "abandoned" in caplog.text
    assert "analyzed" not in caplog.text


def test_whoever_waits_for_words_is_abandoned_too(engine: Engine, recording: bytes) -> None:
    with serving(engine, max_uploads=1) as server, Recogniser(engine).held():
        with begun(server, size=len(recording)) as half:
            half.sendall(recording[4:])
            wait_for(server.server.service.uploads.turns.locked)
        wait_for(lambda: not server.server.service.uploads.turns.locked())


def test_uploads_end_at_once_when_the_server_shuts_down(engine: Engine, recording: bytes) -> None:
    with (
        serving(engine, max_uploads=1, drain_s=600.0) as server,
        Recogniser(engine).held(),
        server.call() as live,  # keeps the server draining
        begun(server) as receiving,
        held_decoder(server, recording) as analysing,
    ):
        live.next()
        waiting = threading.Thread(target=analysing.another)
        waiting.start()
        wait_for(lambda: len(server.server.service.uploads) == 3)
        server.server.should_exit = True
        status, answer = status_of(receiving)
        waiting.join()
        wait_for(lambda: not running(DECODER))
        live.rest()
    assert status == 503
    assert b"retry-after: 5" in answer.lower()
    assert [answer.status_code for answer in analysing.answers] == [503, 503]
    for answer in analysing.answers:
        assert answer.headers["Retry-After"] == "5"
        assert "shutting down" in answer.json()["detail"]


def test_the_decoder_is_told_no_secrets(
    engine: Engine, recording: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIVOX_TOKEN", "a-token-that-nobody-else-may-see")
    with serving(engine) as server, held_decoder(server, recording):
        (pid,) = running(DECODER)
        told = environment(pid)
    assert told
    assert not [entry for entry in told if "a-token-that" in entry]
