"""Home Assistant's Wyoming: its official client, and what is owed to those that misbehave."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.errors import SentivoxError
from sentivox.server.app import create_app
from sentivox.server.run import Server
from sentivox.server.settings import ServerSettings
from sentivox.server.tcp.address import Address
from tests.dialects.rounds import LOOPBACK, SPEECH, Client, listener_of, port_of
from tests.server.serving import (
    PATIENCE_S,
    Message,
    Recogniser,
    Running,
    call_audio,
    pieces,
    serving,
    wait_for,
)
from tests.server.test_process import _ready, sentivox_serve

event = pytest.importorskip("wyoming.event")

pytestmark = pytest.mark.filterwarnings("ignore:'audioop':DeprecationWarning")  # in the package

STREAMED = ["transcript-start", "transcript-chunk", "transcript", "transcript-stop"]


@pytest.fixture(scope="module")
def wyoming(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0, wyoming=LOOPBACK) as running:
        yield running


def transcript(events: list[Message]) -> Message:
    (found,) = (e for e in events if e["type"] == "transcript")
    return found


def error(events: list[Message]) -> Message:
    """The one event there is: an error in one line."""
    (found,) = events
    assert found["type"] == "error"
    assert "\n" not in found["text"]
    return found


async def hear(running: Running, speech: bytes) -> list[Any]:
    """What the official client is told of a round, as Home Assistant asks for it."""
    from wyoming.asr import Transcribe, TranscriptStop
    from wyoming.audio import AudioChunk, AudioStart, AudioStop
    from wyoming.client import AsyncClient

    told: list[Any] = []
    uri = f"tcp://127.0.0.1:{port_of(running)}"
    async with AsyncClient.from_uri(uri, read_timeout=PATIENCE_S) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(**SPEECH).event())
        for piece in pieces(speech, 2048):
            await client.write_event(AudioChunk(audio=piece, **SPEECH).event())
        await client.write_event(AudioStop().event())
        while not told or not TranscriptStop.is_type(told[-1].type):
            told.append(await client.read_event())
    return told


def test_the_official_client(wyoming: Running, speech: bytes, ours: list[Message]) -> None:
    from wyoming.asr import Transcript, TranscriptChunk, TranscriptStart

    told = asyncio.run(hear(wyoming, speech))
    start, *chunks, whole, _ = told
    text = " ".join(u["transcript"] for u in ours if u["transcript"])
    assert TranscriptStart.from_event(start).language == "en"
    assert "".join(TranscriptChunk.from_event(c).text for c in chunks) == text
    assert len(chunks) == len([u for u in ours if u["transcript"]])
    assert Transcript.from_event(whole).text == text
    assert Transcript.from_event(whole).language == "en"
    utterances = whole.data["utterances"]
    assert [(u["start"], u["end"], u["text"]) for u in utterances] == [
        (u["start"], u["end"], u["transcript"] or "") for u in ours
    ]
    assert [u["sentiment"]["score"] for u in utterances] == [u["fused_score"] for u in ours]
    assert whole.data["sentiment"]["utterances"] == len(ours)
    assert whole.data["sentiment"]["mean_score"] is not None


def test_two_clients_at_once(wyoming: Running, speech: bytes) -> None:
    async def both() -> tuple[list[Any], list[Any]]:
        return await asyncio.gather(hear(wyoming, speech), hear(wyoming, speech))

    one, two = asyncio.run(both())
    assert one[-2].data["text"]
    assert one[-2].data == two[-2].data


def test_what_there_is(wyoming: Running) -> None:
    from wyoming.info import Info

    with Client(wyoming) as client:
        client.say("describe")
        told = client.next()
        assert told.pop("type") == "info"
        (program,) = Info.from_event(event.Event("info", told)).asr
        client.say("select-program", name="sentivox")  # and others that are not known are dropped
        client.say("ping", text="hello")
        assert client.next() == {"type": "pong", "text": "hello"}
        client.say("ping")
        assert client.next() == {"type": "pong"}
        client.say("audio-start", **SPEECH)
        client.say("describe")
        assert client.next()["type"] == "info"
    assert (program.name, program.installed) == ("sentivox", True)
    assert program.supports_transcript_streaming
    (model,) = program.models
    assert (model.name, model.languages, model.installed) == ("pocketsphinx/en-us", ["en"], True)


def test_two_rounds_on_a_connection(wyoming: Running, speech: bytes) -> None:
    with Client(wyoming) as client:
        client.speak(speech)
        client.say("audio-stop")
        one = client.until("transcript-stop")
        client.speak(speech)
        client.say("audio-stop")
        two = client.until("transcript-stop")
    assert transcript(one)["text"]
    assert one == two


def test_a_round_that_does_not_wait_for_the_one_before(wyoming: Running, speech: bytes) -> None:
    """And is longer than what the server keeps of it meanwhile."""
    with Client(wyoming) as client:
        client.speak(speech[:320_000])
        client.say("audio-stop")
        sending = threading.Thread(target=client.speak, args=(speech * 3, 64_000))
        sending.start()
        one = client.until("transcript-stop")
        sending.join()
        client.say("audio-stop")
        two = client.until("transcript-stop")
    assert 0 < len(transcript(one)["utterances"]) < len(transcript(two)["utterances"])


def test_silence_has_a_transcript_too(wyoming: Running) -> None:
    with Client(wyoming) as client:
        client.say("audio-start", **SPEECH)
        client.say("audio-stop")
        events = client.until("transcript-stop")
    assert [e["type"] for e in events] == ["transcript-start", "transcript", "transcript-stop"]
    assert (transcript(events)["text"], transcript(events)["utterances"]) == ("", [])


def test_other_rates_and_two_channels(wyoming: Running) -> None:
    both = np.frombuffer(call_audio(0.0, 30.0, None), np.int16).reshape(-1, 2)
    audio = {"rate": 8000, "width": 2, "channels": 2}
    with Client(wyoming) as client:
        client.say("audio-start", timestamp=0, **audio)
        for piece in pieces(both[::2].tobytes(), 16_000):
            client.say("audio-chunk", piece, **audio)
        client.say("audio-stop", timestamp=30_000)
        told = transcript(client.until("transcript"))
    assert told["sentiment"]["talk_seconds"] > 15  # of both, not of one


def test_a_client_that_only_says_that_it_sends_no_more_is_answered(
    wyoming: Running, speech: bytes, ours: list[Message]
) -> None:
    with Client(wyoming) as client:
        client.speak(speech)
        client.say("audio-stop")
        client.socket.shutdown(socket.SHUT_WR)
        said = transcript(client.rest())["utterances"]
    assert [u["text"] for u in said] == [u["transcript"] for u in ours]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"GET / HTTP/1.1\r\n", 'an event begins with a line such as {"type":"describe"}'),
        (b"\n", "an event begins with"),
        (b"[]\n", "Expected `object`, got `array`"),
        (b"{}\n", "missing required field `type`"),
        (b'{"type":"\xff"}\n', "an event begins with"),
        (b'{"type":7}\n', "Expected `str`, got `int` - at `$.type`"),
        (b'{"type":"ping","data_length":"many"}\n', "Expected `int | null`, got `str`"),
        (b'{"type":"ping","payload_length":-1}\n', "Expected `int` >= 0"),
        (
            b'{"type":"ping","data_length":1000000}\n',
            "the data of an event is longer than 65536 bytes",
        ),
        (
            b'{"type":"ping","payload_length":1048576}\n',
            "the event is longer than 1048576 bytes; send less",
        ),
        (b'{"type":"ping","payload_length":99999999999999999999}\n', "Expected `int` <= 109"),
        (b"x" * 65_537, "the line of an event is longer than 65536 bytes"),
        (b'{"type":"ping","data_length":3}\nabc', "the data of 'ping'"),
        (b'{"type":"ping","data_length":2}\n[]', "the data of 'ping'"),
    ],
)
@pytest.mark.parametrize("started", [False, True])
def test_what_is_no_event_ends_the_connection(
    wyoming: Running, line: bytes, why: str, started: bool
) -> None:
    with Client(wyoming) as client:
        if started:
            client.say("audio-start", **SPEECH)
        client.say_bytes(line)
        if started and line.endswith((b"abc", b"[]")):
            assert why in error([client.next()])["text"]  # all of it has come, so the round goes on
            client.say("audio-stop")
            assert transcript(client.until("transcript"))["text"] == ""
        else:
            assert why in error(client.rest())["text"]


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("audio-start", {**SPEECH, "width": 1}, "width 1 is not supported: send samples of 16"),
        ("audio-start", {**SPEECH, "width": 3}, "width 3 is not supported"),
        ("audio-start", {**SPEECH, "width": 4}, "width 4 is not supported"),
        ("audio-start", {**SPEECH, "rate": 96_000}, "sample_rate 96000 is not supported"),
        ("audio-start", {**SPEECH, "rate": 10**400}, "Expected `int` <= 109"),
        ("audio-start", {**SPEECH, "channels": 3}, "channels 3 is not supported: use 1 or 2"),
        ("audio-start", {"rate": 16_000}, "audio-start: Object missing required field `width`"),
        ("audio-chunk", SPEECH, "audio-chunk comes before audio-start"),
        ("audio-stop", {}, "audio-stop comes before audio-start"),
        ("transcribe", {"language": 5}, "transcribe: Expected `str | null`"),
    ],
)
def test_what_cannot_be_begun(wyoming: Running, kind: str, data: dict[str, Any], why: str) -> None:
    with Client(wyoming) as client:
        client.say(kind, **data)
        told = error(client.rest())
    assert told["code"] == "bad_request"
    assert why in told["text"]


@pytest.mark.parametrize(
    ("language", "why"),
    [("zh", "does not know the language 'zh', only en"), ("klingon!", "is not a tag such as")],
)
def test_a_language_that_is_not_spoken(wyoming: Running, language: str, why: str) -> None:
    with Client(wyoming) as client:
        client.say("transcribe", language=language)
        client.say("audio-start", **SPEECH)
        assert why in error(client.rest())["text"]


def test_a_chunk_of_another_format_is_left_out(wyoming: Running, speech: bytes) -> None:
    with Client(wyoming) as client:
        client.speak(speech)
        client.say("audio-chunk", bytes(64), **{**SPEECH, "rate": 8000})
        client.say("audio-stop")
        events = client.until("transcript")
    assert "format is not that of audio-start" in error([e for e in events if "code" in e])["text"]
    assert transcript(events)["text"]


def test_a_client_that_vanishes_leaves_nothing(wyoming: Running, speech: bytes) -> None:
    sessions = wyoming.server.service.sessions
    for stops in (False, True):
        with Client(wyoming) as client:
            client.speak(speech)
            if stops:
                client.say("audio-stop")
            wait_for(lambda: len(sessions) == 1)
        wait_for(lambda: len(sessions) == 0)
    with Client(wyoming) as client:  # in the middle of an event
        client.say("audio-start", **SPEECH)
        wait_for(lambda: len(sessions) == 1)
        client.say_bytes(b'{"type":"audio-chunk","payload_length":1000}\n123')
    wait_for(lambda: len(sessions) == 0)
    wait_for(lambda: not listener_of(wyoming)._open)


def test_one_that_says_nothing_is_told_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(engine, idle_timeout_s=0.2, wyoming=LOOPBACK) as running:
        with monkeypatch.context() as patched, Client(running) as client:
            patched.setattr("sentivox.server.tcp.listener.IDLE_S", 0.3)
            client.say("audio-start", **SPEECH)
            client.say("audio-stop")
            *_, told = client.rest()
            assert (told["code"], told["text"]) == ("idle", "nothing came for 0.3 s")
        with Client(running) as client:
            client.say("audio-start", **SPEECH)
            assert "no audio and no KeepAlive for 0.2 s" in error(client.rest())["text"]


def test_one_that_reads_nothing_is_cut_off(engine: Engine) -> None:
    quick: dict[str, Any] = {"messages_per_s": 1e9, "send_timeout_s": 0.2}
    with serving(engine, wyoming=LOOPBACK, **quick) as running:
        listener_of(running).listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        with Client(running) as client:

            def ask() -> None:
                try:
                    while True:
                        client.say_bytes(b'{"type":"describe"}\n' * 1000)
                except OSError:
                    return

            asking = threading.Thread(target=ask)
            asking.start()
            asking.join(PATIENCE_S)
            assert not asking.is_alive()
        wait_for(lambda: not listener_of(running)._open)


def test_a_round_too_many_is_told_to_come_back(engine: Engine, speech: bytes) -> None:
    with (
        serving(engine, late_s=600.0, max_streams=1, wyoming=LOOPBACK) as running,
        Client(running) as one,
    ):
        one.speak(speech)
        wait_for(lambda: len(running.server.service.sessions) == 1)
        with Client(running) as two:
            two.say("describe")
            assert two.next()["type"] == "info"
            two.say("audio-start", **SPEECH)
            told = error(two.rest())
        one.say("audio-stop")
        assert transcript(one.until("transcript"))["text"]
        refused = running.server.service.metrics.render()
    assert told["code"] == "full"
    assert "all streams of this server are taken" in told["text"]
    assert b'sentivox_refusals_total{reason="full"} 1.0' in refused


def test_a_connection_too_many_is_told_to_come_back(engine: Engine) -> None:
    with serving(engine, wyoming=LOOPBACK) as running:
        listener_of(running)._most = 1
        with Client(running) as one:
            one.say("ping")
            one.next()
            with Client(running) as two:
                assert "too many connections" in error(two.rest())["text"]
            one.say("ping")
            assert one.next()["type"] == "pong"
        wait_for(lambda: not listener_of(running)._open)
        with Client(running) as three:
            three.say("ping")
            assert three.next()["type"] == "pong"


def test_a_server_that_is_stopped_finishes_what_was_said(engine: Engine, speech: bytes) -> None:
    with serving(engine, late_s=600.0, drain_s=30.0, wyoming=LOOPBACK) as running:
        recogniser = Recogniser(engine)
        service, port = running.server.service, port_of(running)
        with Client(running) as speaking, Client(running) as resting:
            with recogniser.held():
                speaking.speak(speech[:192_000])
                resting.say("ping")
                resting.next()
                wait_for(lambda: any(c.heard_s > 5.9 for c in service.sessions.conversations))
                running.server.should_exit = True
                wait_for(lambda: service.draining)
                assert resting.rest() == []
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port))
                speaking.say("audio-chunk", speech[192_000:], **SPEECH)  # too late to be heard
            events = speaking.rest()
    assert [e["type"] for e in events if e["type"] != "transcript-chunk"] == [
        t for t in STREAMED if t != "transcript-chunk"
    ]
    assert transcript(events)["text"]
    assert transcript(events)["utterances"][-1]["end"] <= 6.0


def test_before_the_models_are_loaded_and_without_a_recogniser() -> None:
    load = threading.Event()

    def loader(_: Progress) -> Engine:
        load.wait(PATIENCE_S)
        return Engine.load("embedded", words=False)

    with serving(loader, wyoming=LOOPBACK) as running:
        try:
            with Client(running) as client:
                told = error(client.rest())
        finally:
            load.set()
        wait_for(lambda: running.server.service.unready is None)
        with Client(running) as client:
            client.say("describe")
            (program,) = client.next()["asr"]
    assert (told["code"], "not ready: loading models" in told["text"]) == ("not_ready", True)
    assert (program["installed"], program["models"][0]["languages"]) == (False, [])


def test_a_port_that_is_taken(wyoming: Running, engine: Engine) -> None:
    settings = ServerSettings(wyoming=Address("127.0.0.1", port_of(wyoming)))
    with pytest.raises(SentivoxError, match=r"cannot listen on .* in use; .* with --wyoming$"):
        Server(create_app(engine, settings))


def test_a_unix_socket(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "wyoming"
    for _ in range(2):  # the second server replaces the file of the first
        with serving(engine, wyoming=Address.read(f"unix://{path}")):
            here = socket.socket(socket.AF_UNIX)
            here.settimeout(PATIENCE_S)
            here.connect(str(path))
            with here, here.makefile("rwb") as file:
                event.write_event(event.Event("audio-start", SPEECH), file)
                event.write_event(event.Event("audio-stop"), file)
                assert event.read_event(file).type == "transcript-start"
    path.unlink()
    path.write_text("a file of somebody's")
    with pytest.raises(SentivoxError, match="in use; choose another with --wyoming"):
        Server(create_app(engine, ServerSettings(wyoming=Address("", 0, path))))


@pytest.mark.parametrize(
    "text", ["", "10300", "tcp://127.0.0.1", "tcp://:10300", "tcp://a:99999", "tcp://a:1/b",
             "udp://127.0.0.1:1", "unix://", "unix://host/path", "tcp://[::1:5"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SentivoxError, match="--wyoming takes tcp://HOST:PORT or unix:///PATH"):
        Address.read(text)


@pytest.mark.parametrize("text", ["tcp://127.0.0.1:10300", "tcp://[::1]:0", "unix:///run/w.sock"])
def test_an_address_reads_as_it_was_written(text: str) -> None:
    assert str(Address.read(text)) == text


def test_the_command_names_the_port(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with sentivox_serve(log, "--tone-only", SENTIVOX_WYOMING="tcp://127.0.0.1:0") as (_, address):
        wait_for(lambda: _ready(address))
        found = re.search(r"^Wyoming on tcp://127\.0\.0\.1:(\d+)$", log.read_text(), re.MULTILINE)
        assert found is not None
        with socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE_S) as here:
            here.sendall(b'{"type":"ping","data":{"text":"here"}}\n')
            with here.makefile("rb") as file:
                assert event.read_event(file).data == {"text": "here"}
