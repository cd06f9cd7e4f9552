"""The Python client against a real server, and against none."""

import asyncio
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from websockets.sync.server import ServerConnection, serve

from sentivox.audio.files import write_wav
from sentivox.client import ClientStream, connect, play_file, stream_file
from sentivox.client.microphone import play_microphone
from sentivox.engine.engine import Engine
from sentivox.errors import AudioError, ConnectionFailed
from sentivox.protocol.begin import Applied
from sentivox.protocol.events import (
    Begin,
    Error,
    Message,
    SpeechEnded,
    Summary,
    Termination,
    Utterance,
)
from sentivox.stream.config import StreamConfig
from tests.server.serving import Running, call_audio, content, offline, plain, serving

T = TypeVar("T")


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0) as running:
        yield running


@pytest.fixture(scope="module")
def sentence() -> bytes:
    return call_audio(3.0, 6.45)


@pytest.fixture(scope="module")
def recording(sentence: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("client") / "turn.wav"
    write_wav(path, np.frombuffer(sentence, np.int16))
    return path


def within(what: Awaitable[T]) -> T:
    """Run it; a client that hangs is a failed test."""

    async def limited() -> T:
        return await asyncio.wait_for(what, 30)

    return asyncio.run(limited())


def test_stream_then_close_then_every_event(
    server: Running, engine: Engine, sentence: bytes
) -> None:
    async def use() -> list[Message]:
        async with connect(server.address) as stream:
            assert stream.session_id == stream.begin.session_id
            await stream.send(b"")  # must not end the stream
            for at in range(0, len(sentence), 1281):
                await stream.send(sentence[at : at + 1281])
            await stream.close()
            return [stream.begin, *[event async for event in stream.events]]

    events = within(use())
    assert isinstance(events[-1], Termination)
    assert content(plain([*events])) == content(offline(engine, sentence))


def test_the_same_from_a_file_with_and_without_asyncio(
    server: Running, engine: Engine, sentence: bytes, recording: Path
) -> None:
    async def play() -> list[Message]:
        return [e async for e in play_file(recording, server.http, fast=True)]

    played = within(play())
    streamed = list(stream_file(recording, server.address, fast=True))
    expected = content(offline(engine, sentence))
    assert content(plain([*played])) == content(plain([*streamed])) == expected


def test_at_the_pace_of_speech(server: Running, tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", np.zeros((2, 6400), np.int16))
    events = list(stream_file(tmp_path / "short.wav", server.address))
    assert [type(e) for e in events] == [Begin, Summary, Termination]
    assert isinstance(events[0], Begin)
    assert events[0].config.channels == 2


def test_whoever_has_heard_enough_may_go(server: Running, recording: Path) -> None:
    events = stream_file(recording, server.address, fast=True, modalities=["audio"])
    assert isinstance(next(events), Begin)
    next(events)
    events.close()
    assert list(events) == []


def test_what_is_asked_for_is_asked_of_the_server_and_nothing_else(engine: Engine) -> None:
    stream = StreamConfig(min_confidence=0.7, baseline=False, chinese_script="original")
    asked: list[dict[str, Any]] = [{}, {"min_confidence": 0.0, "baseline": True, "words": True}]

    async def configs(address: str) -> list[Applied]:
        found: list[Applied] = []
        for options in asked:
            async with connect(address, **options) as opened:
                found.append(opened.begin.config)
        return found

    with serving(engine, stream=stream) as running:
        usual, chosen = within(configs(running.address))
    assert (usual.min_confidence, usual.baseline, usual.words) == (0.7, False, False)
    assert (chosen.min_confidence, chosen.baseline, chosen.words) == (0.0, True, True)
    assert chosen.chinese_script == "original"


def test_controls_do_what_they_say(server: Running, sentence: bytes) -> None:
    async def until(stream: ClientStream, kind: type[T]) -> T:
        async for event in stream:
            if isinstance(event, kind):
                return event
        raise AssertionError(kind)

    async def use() -> None:
        async with connect(server.address, modalities=["audio"]) as stream:
            await stream.configure(language="de", endpointing={"silence_s": 0.7})
            assert (await until(stream, Begin)).config.language == "de"
            await stream.keep_alive()
            await stream.send(sentence[: 2 * 32_000])
            await stream.finalize()
            assert (await until(stream, SpeechEnded)).reason == "finalize"
            await until(stream, Utterance)
            await stream.summary()
            assert (await until(stream, Summary)).overall.utterances == 1
            await stream.close()
            await until(stream, Termination)
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

    within(use())


async def open_only(url: str) -> None:
    async with connect(url):
        pass


def test_no_server_is_one_line_that_says_what_to_do() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectionFailed, match="sentivox serve") as failed:
            within(open_only(f"127.0.0.1:{port}/?token=secret"))
    assert "\n" not in str(failed.value)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["ftp://host", "ws://", "ws://host:port", "ws://[", "", "ws://h:99999"]
)
def test_no_address_is_one_line(url: str) -> None:
    with pytest.raises(ConnectionFailed, match="is not a server's address") as failed:
        within(open_only(url))
    assert "\n" not in str(failed.value)


def test_another_kind_of_server_is_said_so(server: Running) -> None:
    with pytest.raises(ConnectionFailed, match="answers 404: no stream at /healthz/v1/stream"):
        within(open_only(f"{server.address}/healthz"))


def test_a_refusal_says_why(server: Running) -> None:
    async def use() -> None:
        async with connect(server.address, encoding="opus"):
            pass

    with pytest.raises(ConnectionFailed, match="use linear16"):
        within(use())


def test_the_reason_of_a_close_frame_is_shown(server: Running) -> None:
    async def use() -> None:
        async with connect(server.address) as stream:
            again = f"session_id={stream.session_id}&last_seq={stream.begin.seq}"
            with server.call(again) as other:  # somebody else goes on with the session
                assert (await asyncio.to_thread(other.next))["resumed"] is True
                await anext(stream)

    with pytest.raises(ConnectionFailed, match=r"\(1008\): another connection has resumed this"):
        within(use())


def test_a_fatal_error_is_an_event_and_then_the_reason(server: Running) -> None:
    async def use() -> None:
        async with connect(server.address) as stream:
            await stream.send(bytes(2 << 20))
            event = await anext(stream)
            assert isinstance(event, Error)
            assert event.fatal
            await anext(stream)

    with pytest.raises(ConnectionFailed, match="over the limit"):
        within(use())


@pytest.fixture
def impostor() -> Iterator[Callable[[Callable[[ServerConnection], None]], str]]:
    """WebSocket servers that are not ours."""
    started: list[tuple[object, threading.Thread]] = []

    def start(handler: Callable[[ServerConnection], None]) -> str:
        stack = serve(handler, "127.0.0.1", 0)
        listening = stack.__enter__()
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        started.append((stack, thread))
        return f"127.0.0.1:{listening.socket.getsockname()[1]}"

    yield start
    for stack, thread in started:
        stack.__exit__(None, None, None)  # type: ignore[attr-defined]
        thread.join()


def test_a_stranger_that_talks_websocket_is_found_out(
    impostor: Callable[[Callable[[ServerConnection], None]], str],
) -> None:
    with pytest.raises(ConnectionFailed, match="an unknown message"):
        within(open_only(impostor(lambda socket: socket.send("hello"))))
    with pytest.raises(ConnectionFailed, match=r"closed \(1000\)"):
        within(open_only(impostor(lambda _: None)))


def test_a_damaged_file_ends_the_stream_and_says_so(server: Running, tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no audio" * 100)

    async def play() -> None:
        async for _ in play_file(tmp_path / "noise.wav", server.address, fast=True):
            pass

    with pytest.raises(AudioError, match=r"noise\.wav"):
        within(play())


def test_a_server_that_goes_away_says_so(engine: Engine) -> None:
    async def go_on(stream: ClientStream) -> None:
        while True:
            await stream.send(bytes(320))
            await asyncio.sleep(0.01)

    async def use(running: Running) -> None:
        async with connect(running.address) as stream:
            running.server.should_exit = True
            kinds = [type(event) async for event in stream]
            assert kinds == [Summary, Termination]
            with pytest.raises(ConnectionFailed, match="shutting down"):
                await go_on(stream)

    with serving(engine) as running:
        within(use(running))


def test_without_a_microphone_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # as if it were not installed

    async def listen() -> None:
        async for _ in play_microphone("ws://127.0.0.1:1", stop=asyncio.Event()):
            pass

    with pytest.raises(AudioError, match=r"pip install 'sentivox\[mic\]'; or give --file"):
        within(listen())
