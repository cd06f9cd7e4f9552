"""Clients that take more than their share: what they cost ends with them."""

import asyncio
import contextlib
import errno
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.engine import Engine
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.admission.descriptors import ShortageHandler
from sentivox.server.uvicorn_protocols import HttpProtocol, SocketProtocol
from sentivox.server.ws.replay_buffer import BufferBound, ReplayBuffer, SlowClient
from sentivox.server.ws.summaries import Summaries
from sentivox.stream.degradation import Degradation
from tests.server.serving import Caller, Running, client, kinds, serving, wait_for
from tests.server.test_pressure import RawCaller
from tests.server.test_process import sentivox_serve
from tests.server.test_resume import cut, resume

TONE = "modalities=audio"


def aborted(running: Running, **call: Any) -> None:
    """A stream that is cut at once."""
    before = len(running.server.service.sessions)
    with running.call(TONE, **call) as caller:
        caller.next()
        caller.send(bytes(2))
        wait_for(lambda: running.server.service.sessions.conversations[-1].intake.received)
        cut(caller)
    assert len(running.server.service.sessions) == before + 1


def waiting(running: Running) -> int:
    """How many sessions wait for a client that was cut."""
    return sum(e.giving_up is not None for e in running.server.service.sessions._open.values())


def test_aborted_streams_give_their_places_to_whoever_comes(engine: Engine) -> None:
    with serving(engine, max_streams=3, resume_s=600.0) as running, client(running) as http:
        for _ in range(3):
            aborted(running)
        wait_for(lambda: waiting(running) == 3)
        assert http.get("/readyz").status_code == 200
        with ExitStack() as stack:
            callers = [stack.enter_context(running.call(TONE)) for _ in range(3)]
            assert [caller.next()["type"] for caller in callers] == ["Begin"] * 3
            assert http.get("/readyz").status_code == 503
            with running.call(TONE) as fourth:
                assert fourth.next()["code"] == "full"  # those that are here stay
            assert kinds(callers[0].finish())[-1] == "Termination"


def test_but_one_that_was_heard_keeps_its_place(engine: Engine) -> None:
    with serving(engine, max_streams=2, resume_s=600.0) as running:
        with running.call(TONE) as caller:
            begin = caller.next()
            caller.send(bytes(32_000))
            wait_for(lambda: running.server.service.sessions.conversations[0].heard_s == 1.0)
            cut(caller)
        aborted(running)
        wait_for(lambda: waiting(running) == 2)
        with running.call(TONE) as other, running.call(TONE) as third:
            assert other.next()["type"] == "Begin"
            assert third.next()["code"] == "full"
        with resume(running, begin, TONE) as caller:
            assert caller.next()["resumed"] is True


def test_aborted_streams_of_an_address_or_token_make_room_for_it_alone(engine: Engine) -> None:
    token = new_token()
    bearer = f"Bearer {token}"
    limits: dict[str, Any] = {
        "max_per_address": 1,
        "max_per_token": 2,
        "keyring": Keyring.of([token]),
    }
    with serving(engine, resume_s=600.0, **limits) as running:
        aborted(running, source="127.0.0.2", Authorization=bearer)
        aborted(running, source="127.0.0.3", Authorization=bearer)
        wait_for(lambda: waiting(running) == 2)
        with running.call(TONE, source="127.0.0.3", Authorization=bearer) as caller:
            assert caller.next()["type"] == "Begin"  # its address was full, and is
            with running.call(TONE, source="127.0.0.3", Authorization=bearer) as other:
                assert "address" in other.next()["message"]
            with running.call(TONE, source="127.0.0.4", Authorization=bearer) as other:
                assert other.next()["type"] == "Begin"  # the token was full
        assert len(running.server.service.sessions) <= 2


def test_a_server_that_is_behind_does_not_say_that_its_places_are_taken(engine: Engine) -> None:
    with serving(engine) as running, running.call(TONE) as first:
        assert first.next()["type"] == "Begin"
        running.server.service.sessions.level = Degradation.NO_LATE_WORDS
        with running.call(TONE) as caller:
            error = caller.next()
        assert (error["code"], error["retry_after_s"]) == ("full", 2.0)
        assert "behind" in error["message"]
        assert "taken" not in error["message"]


def test_a_flood_of_configures_leaves_nothing_behind(engine: Engine) -> None:
    with serving(engine) as running, running.call(TONE) as caller:
        caller.next()
        (conversation,) = running.server.service.sessions.conversations
        before = conversation._driver
        for n in range(20):
            caller.say("Configure", min_confidence=n / 20)
            assert caller.next()["config"]["min_confidence"] == n / 20
        assert before._stopped
        assert not before.session._streams  # nor its two megabytes of audio
        assert kinds(caller.finish(bytes(3200)))[-1] == "Termination"


def test_summaries_on_request_take_a_small_part_of_the_time() -> None:
    async def run() -> None:
        made = 0
        again = asyncio.Event()

        def make() -> None:
            nonlocal made
            made += 1
            if made == 2:
                again.set()
            until = time.thread_time() + 0.01
            while time.thread_time() < until:
                pass

        summaries = Summaries(make)
        for _ in range(100):
            summaries.ask()
        assert made == 1
        asked = time.monotonic()
        await again.wait()  # all the others together
        assert time.monotonic() - asked > 0.1
        for _ in range(100):
            summaries.ask()
        assert made == 2
        summaries.stop()

    asyncio.run(run())


def test_whoever_asks_now_and_then_is_answered_each_time(engine: Engine) -> None:
    with serving(engine) as running, running.call(TONE) as caller:
        caller.next()
        for _ in range(5):
            caller.say("Summary")
            assert caller.next()["type"] == "Summary"


def event(seq: int, size: int) -> WarningEvent:
    return WarningEvent(seq=seq, code="x", message="y" * size)


@given(
    kept=st.builds(BufferBound, st.integers(0, 20), st.integers(0, 4000)),
    waiting_=st.builds(BufferBound, st.integers(1, 20), st.integers(0, 4000)),
    sizes=st.lists(st.integers(0, 900), max_size=60),
)
def test_a_tail_is_bounded_in_events_and_in_bytes(
    kept: BufferBound, waiting_: BufferBound, sizes: list[int]
) -> None:
    async def run() -> None:
        tail, sent = ReplayBuffer(waiting_, kept), 0

        async def send(_: object) -> None:
            nonlocal sent
            sent += 1

        for n, size in enumerate(sizes, 1):
            tail.put(event(n, size))
            held = [len(frame) for _, (frame,) in tail._events]
            assert tail._bytes == sum(held)
            assert len(held) <= waiting_.events
            assert sum(held) <= waiting_.bytes or len(held) == 1
        tail.end()
        with contextlib.suppress(SlowClient):
            await tail.write(send, 0, 1.0)
            assert sent == len(sizes)
            held = [len(frame) for _, (frame,) in tail._events]
            assert len(held) <= kept.events or len(held) == 0
            assert sum(held) <= kept.bytes or len(held) == 1

    asyncio.run(run())


def test_large_results_that_are_not_read_cut_a_client_before_they_are_many(
    engine: Engine,
) -> None:
    """A hundred answers of a kilobyte each, where 20 kB may wait, and 2000 messages."""
    limits: dict[str, Any] = {"outbox_bytes": 20_000, "send_timeout_s": 60.0, "resume_s": 0.0}
    with serving(engine, send_buffer=8192, **limits) as running:
        sessions = running.server.service.sessions
        with RawCaller(running) as slow:
            wait_for(lambda: len(sessions) == 1)
            slow.flood(while_=lambda: len(sessions) == 1)
            wait_for(lambda: len(sessions) == 0)


def test_a_client_that_reads_nothing_keeps_no_server_from_going_down(engine: Engine) -> None:
    """It waited until the client was given up, and then for uvicorn's time to be over."""
    limits: dict[str, Any] = {"drain_s": 2.0, "send_timeout_s": 3600.0}
    with serving(engine, send_buffer=8192, **limits) as running, RawCaller(running) as slow:
        wait_for(lambda: len(running.server.service.sessions) == 1)
        (protocol,) = running.server.server_state.connections
        assert isinstance(protocol, SocketProtocol)
        slow.flood(while_=protocol.writable.is_set)
        running.server.should_exit = True
        wait_for(running.server.lifespan.shutdown_event.is_set)


def test_nor_does_one_that_sends_a_recording_drop_by_drop(tmp_path: Path) -> None:
    with sentivox_serve(tmp_path / "log", "--drain", "2", "--tone-only") as (process, address):
        wait_for(lambda: _status(address, "/readyz") == 200)
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(
                b"POST /v1/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nR"
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(12) == 0


HANDSHAKE = (
    b"GET /v1/stream?modalities=audio HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def _status(address: str, path: str) -> int:
    return httpx.get(f"http://{address}{path}", trust_env=False).status_code


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """What a process started meanwhile may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = 256
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    yield limit
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_descriptors")
def test_serve_allows_itself_as_many_descriptors_as_it_may(tmp_path: Path) -> None:
    with sentivox_serve(tmp_path / "log") as (process, _):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    soft, hard = line.split()[3:5]
    assert soft == hard or int(soft) == 1 << 20
    assert int(soft) > 256


def test_more_connections_than_descriptors_are_told_and_fill_no_log(tmp_path: Path) -> None:
    with sentivox_serve(tmp_path / "log", "--tone-only") as (process, address):
        wait_for(lambda: _status(address, "/readyz") == 200)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (200, 200))
        host, port = address.split(":")
        with ExitStack() as stack:
            for _ in range(400):
                stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            wait_for(lambda: "no_descriptors" in (tmp_path / "log").read_text())
            time.sleep(2.5)
        wait_for(lambda: _answers(address))
        log = (tmp_path / "log").read_text()
        assert log.count("no_descriptors") == 1
        assert "Traceback" not in log


def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return _status(address, "/healthz") == 200
    return False


def test_a_connection_too_many_is_answered_503(engine: Engine) -> None:
    with serving(engine) as running:
        host, port = running.address.split(":")
        settings = running.server.service.settings
        few = partial(HttpProtocol, settings, 2)
        running.server.config.http_protocol_class = cast("type[asyncio.Protocol]", few)
        with ExitStack() as stack:
            first = [
                stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(2)
            ]
            wait_for(lambda: len(running.server.server_state.connections) == 2)
            for asked in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", HANDSHAKE):
                with socket.create_connection((host, int(port)), timeout=30) as third:
                    third.sendall(asked)
                    answer = b"".join(iter(lambda s=third: s.recv(4096), b""))
                    assert answer.startswith(b"HTTP/1.1 503 ")
                    assert b"Retry-After" in answer
                    head, _, body = answer.partition(b"\r\n\r\n")
                    assert f"Content-Length: {len(body)}".encode() in head
            first[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert first[0].recv(100).startswith(b"HTTP/1.1 200")


def test_a_shortage_is_one_line_a_minute_and_all_else_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.new_event_loop()
    try:
        shortage = ShortageHandler()
        for _ in range(2000):
            shortage.handle(loop, {"message": "accept", "exception": OSError(errno.EMFILE, "m")})
        assert caplog.text.count("\n") == 1
        shortage.handle(loop, {"message": "a bug", "exception": ValueError("here")})
        assert "a bug" in caplog.text
    finally:
        loop.close()


def test_many_parameters_are_answered_shortly(server: Running) -> None:
    query = TONE + "".join(f"&p{n}=x" for n in range(900))
    with server.call(query) as caller:
        messages = caller.finish()
    assert len(messages) < 16
    assert len(str(messages)) < 20_000


@pytest.mark.parametrize("where", ["query", "header", "whole"])
def test_a_handshake_too_long_is_refused_and_not_kept(server: Running, where: str) -> None:
    long = {"query": 20_000, "header": 20_000, "whole": 1 << 20}[where] * b"x"
    asked = HANDSHAKE.replace(b"modalities", b"x=" + long + b"&modalities")
    if where == "header":
        asked = HANDSHAKE.replace(b"Host", b"X-Long: " + long + b"\r\nHost")
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as huge:
        answer = b""
        with contextlib.suppress(ConnectionError):  # cut, with more unread
            huge.sendall(asked)
            answer = b"".join(iter(lambda: huge.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head[:12] in {b"HTTP/1.1 431", b"HTTP/1.1 400", b""}
    if b"431" in head:
        assert f"Content-Length: {len(body)}".encode() in head


def test_empty_and_tiny_frames_are_audio_or_the_end(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.send(*[b"\x00"] * 1000)
        messages = caller.finish(b"")
    assert messages[-1]["type"] == "Termination"
    assert messages[-1]["audio_seconds"] == pytest.approx(500 / 16_000, abs=1e-3)


def test_resuming_over_and_over_keeps_one_session(engine: Engine) -> None:
    with serving(engine) as running, ExitStack() as stack:
        caller: Caller = stack.enter_context(running.call(TONE))
        begin = caller.next()
        for _ in range(20):
            caller = stack.enter_context(resume(running, begin, TONE))
            assert caller.next()["resumed"] is True
        assert len(running.server.service.sessions) == 1
        assert kinds(caller.finish(bytes(3200)))[-1] == "Termination"
        wait_for(lambda: len(running.server.service.sessions) == 0)
