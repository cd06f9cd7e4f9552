"""Clients in numbers and of ill will: nobody else notices, and nothing of them stays."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.stream.config import StreamConfig
from tests.server.serving import (
    Running,
    content,
    kinds,
    offline,
    only,
    pieces,
    pool_of,
    serving,
    wait_for,
)
from tests.server.test_pressure import RawCaller

TONE = "modalities=audio"
TONE_CONFIG = StreamConfig(modalities=frozenset({"audio"}))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def tasks(running: Running) -> int:
    """Asyncio tasks of the server, counted on its own loop."""
    loop = next(iter(running.server.servers)).get_loop()

    async def count() -> int:
        return len(asyncio.all_tasks())

    return asyncio.run_coroutine_threadsafe(count(), loop).result(10)


def raw(running: Running) -> socket.socket:
    host, port = running.address.split(":")
    made = socket.create_connection((host, int(port)))
    made.settimeout(10)
    return made


def test_five_hundred_that_connect_and_are_cut_leave_nothing(engine: Engine) -> None:
    with serving(engine, resume_s=0.0, max_streams=20) as running:
        sessions = running.server.service.sessions
        with running.call(TONE) as other:
            other.next()
            before = (descriptors(), tasks(running))
            assert pool_of(engine).stats().queued == 0
            for number in range(500):
                with RawCaller(running) as gone:  # by a reset, at this moment or that
                    if number % 2:
                        gone.send(b"\x01" * (number * 7))
                    if number % 3:
                        gone.send('{"type":"CloseStream"}')
            wait_for(lambda: len(sessions) == 1)
            # What an earlier test had open may close meanwhile, so there may be fewer.
            wait_for(lambda: descriptors() <= before[0] and tasks(running) <= before[1])
            assert kinds(other.finish()) == ["Summary", "Termination"]


def test_half_open_sockets_hold_up_nobody_and_are_given_up(engine: Engine, sentence: bytes) -> None:
    limits: dict[str, Any] = {"head_s": 0.5, "idle_timeout_s": 0.5, "resume_s": 0.0}
    with serving(engine, **limits) as running, contextlib.ExitStack() as stack:
        connections = running.server.server_state.connections
        for start in (b"", b"GET /v1/str", b"POST /v1/analyze HTTP/1.1\r\nHost: x\r\n"):
            silent = stack.enter_context(raw(running))
            silent.sendall(start)
        stack.enter_context(RawCaller(running))  # a session, and then nothing more of it
        wait_for(lambda: len(connections) == 4)
        with running.call(TONE) as caller:
            messages = caller.finish(sentence)
        assert content(messages) == content(offline(engine, sentence, config=TONE_CONFIG))
        wait_for(lambda: not connections)
        wait_for(lambda: len(running.server.service.sessions) == 0)


ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        (b"", ASK + b"X-A: "),
        (ASK + b"\r\n", ASK + b"X-A: "),
        (ASK + b"Content-Length: 99999999\r\n\r\n", b""),
    ],
    ids=["the first", "the second", "a body nobody asked for"],
)
def test_a_request_that_comes_drop_by_drop_is_not_waited_for(
    engine: Engine, whole: bytes, part: bytes
) -> None:
    with serving(engine, head_s=0.5) as running, raw(running) as slow:
        slow.sendall(whole)
        if whole:
            assert slow.recv(4096).startswith(b"HTTP/1.1 200")
        slow.sendall(part)
        slow.settimeout(0.05)

        def gone() -> bool:
            try:
                slow.sendall(b"x")
                return slow.recv(4096) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_for(gone, timeout_s=15)


def test_an_answer_that_nobody_reads_is_not_kept(engine: Engine, sample_call: Path) -> None:
    limits: dict[str, Any] = {"send_timeout_s": 0.3, "sample": sample_call}
    with serving(engine, send_buffer=8192, **limits) as running, socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = running.address.split(":")
        lazy.connect((host, int(port)))
        lazy.sendall(b"GET /sample HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: running.server.server_state.connections)
        wait_for(lambda: not running.server.server_state.connections)


def test_results_that_nobody_reads_go_with_the_session(engine: Engine) -> None:
    limits: dict[str, Any] = {"outbox_messages": 50, "send_timeout_s": 0.3, "resume_s": 0.0}
    with serving(engine, send_buffer=8192, **limits) as running, RawCaller(running) as slow:
        sessions = running.server.service.sessions
        wait_for(lambda: len(sessions) == 1)
        slow.flood(while_=lambda: len(sessions) == 1)
        wait_for(lambda: not running.server.server_state.connections, timeout_s=15)


FRAMES: dict[str, Callable[[RawCaller], None]] = {
    "pings": lambda caller: caller._protocol.send_ping(b"x" * 125),
    "fragments": lambda caller: caller._protocol.send_continuation(b"", fin=False),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_flood_of_frames_that_are_no_message_is_cut(
    engine: Engine, sentence: bytes, kind: str
) -> None:
    with serving(engine, messages_per_s=200.0, resume_s=0.0) as running:
        sessions = running.server.service.sessions
        with RawCaller(running) as flooding, running.call(TONE) as other:
            other.send(sentence[:6400])
            wait_for(lambda: len(sessions) == 2)
            if kind == "fragments":
                flooding._protocol.send_binary(b"", fin=False)

            def cut() -> bool:
                with contextlib.suppress(OSError):
                    for _ in range(100):
                        FRAMES[kind](flooding)
                    flooding._flush()
                return len(sessions) == 1

            wait_for(cut)
            assert content(other.finish(sentence[6400:])) == content(
                offline(engine, sentence, config=TONE_CONFIG)
            )


def test_pings_that_are_read_are_answered_while_speech_is_analysed(
    engine: Engine, speech: bytes
) -> None:
    with serving(engine, late_s=600.0) as running, running.call() as caller:
        answers: list[object] = []
        for piece in pieces(speech, 6400):
            caller.send(piece)
            answers.append(caller.socket.ping())
        messages = caller.finish()
        assert all(answer.wait(10) for answer in answers)  # type: ignore[attr-defined]
    assert len(only(messages, "Utterance")) == 2


def test_a_greedy_stream_among_ten_costs_the_others_nothing(
    engine: Engine, sentence: bytes
) -> None:
    """Order and completeness; how much slower they get is `benchmarks.fairness`."""
    expected = content(offline(engine, sentence, config=TONE_CONFIG))
    with serving(engine, late_s=600.0) as running, contextlib.ExitStack() as stack:
        greedy = stack.enter_context(running.call(TONE))
        others = [stack.enter_context(running.call(TONE)) for _ in range(9)]
        greedy.send(*[sentence] * 20)  # 69 s of audio at once
        for piece in pieces(sentence, 16_000):
            for caller in others:
                caller.send(piece)
        for caller in others:
            assert content(caller.finish()) == expected
        assert len(only(greedy.finish(), "Utterance")) >= 20


def test_tiny_frames_are_just_audio(engine: Engine, sentence: bytes) -> None:
    with serving(engine, messages_per_s=1e6) as running:
        with running.call(TONE) as caller:
            messages = caller.finish(*pieces(sentence, 13))
        assert content(messages) == content(offline(engine, sentence, config=TONE_CONFIG))
