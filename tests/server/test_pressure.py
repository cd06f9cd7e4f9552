"""Clients that read or send badly, recognisers that stop or die: who loses what."""

import contextlib
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from sentivox.engine.engine import Engine
from sentivox.server.ws.conversation import ServedSession
from sentivox.stream.config import StreamConfig
from tests.server.serving import (
    Message,
    Recogniser,
    Running,
    content,
    kinds,
    offline,
    only,
    pieces,
    serving,
    wait_for,
)

TONE = "modalities=audio"


class RawCaller:
    """A client that reads nothing, and so answers no ping, unless told to."""

    def __init__(self, running: Running, query: str = TONE) -> None:
        host, port = running.address.split(":")
        self._protocol = ClientProtocol(parse_uri(f"ws://{running.address}/v1/stream?{query}"))
        self.socket = socket.socket()
        self.socket.settimeout(10)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((host, int(port)))
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state.name == "CONNECTING":
            self._protocol.receive_data(self.read())

    def send(self, data: bytes | str) -> None:
        """One message."""
        if isinstance(data, str):
            self._protocol.send_text(data.encode())
        else:
            self._protocol.send_binary(data)
        self._flush()

    def flood(self, *, while_: Callable[[], bool]) -> None:
        """Ask for answers and read none."""
        self.socket.settimeout(0.1)
        with contextlib.suppress(OSError):  # by then the server reads no more of it
            while while_():
                self.send('{"type":"Configure"}')  # a Begin each

    def read(self) -> bytes:
        """Whatever has come."""
        return self.socket.recv(4096)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Gone without a goodbye: a reset."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self.socket.sendall(data)


def tone_offline(engine: Engine, data: bytes) -> list[Message]:
    return content(offline(engine, data, config=StreamConfig(modalities=frozenset({"audio"}))))


@pytest.mark.parametrize(
    "limits",
    [
        {"outbox_messages": 50, "send_timeout_s": 60.0},
        {"outbox_messages": 1 << 30, "send_timeout_s": 0.2},
    ],
    ids=["too many wait", "one waits too long"],
)
def test_a_client_that_does_not_read_is_cut_and_no_other_notices(
    engine: Engine, sentence: bytes, limits: dict[str, Any]
) -> None:
    with serving(engine, send_buffer=8192, resume_s=0.0, **limits) as running:
        sessions = running.server.service.sessions
        with RawCaller(running) as slow, running.call(TONE) as other:
            other.send(sentence[:6400])
            wait_for(lambda: len(sessions) == 2)
            slow.flood(while_=lambda: len(sessions) == 2)
            wait_for(lambda: len(sessions) == 1)
            assert content(other.finish(sentence[6400:])) == tone_offline(engine, sentence)


def test_answers_to_pings_are_not_timed(engine: Engine) -> None:
    """They wait behind an upload's audio for as long as we hold it back."""
    with serving(engine, ping_s=0.02, resume_s=0.0) as running:
        sessions = running.server.service.sessions
        with RawCaller(running) as busy, running.call(TONE) as other:
            wait_for(lambda: len(sessions) == 2)
            pings = 0
            while pings < 5:  # it reads them, and has no time to answer
                pings += busy.read().count(b"\x89\x04")
            other.finish()
            wait_for(lambda: len(sessions) == 1)
            busy.send(b"")
            wait_for(lambda: len(sessions) == 0)


def test_an_upload_waits_for_its_words_and_loses_nothing(engine: Engine, sentence: bytes) -> None:
    data = sentence + bytes(14 * 32_000) + sentence
    limits: dict[str, Any] = {"backlog_s": 6.0, "pending_asr_s": 1.0, "late_s": 0.0}
    with serving(engine, **limits) as running, running.call() as caller:
        with ThreadPoolExecutor(1) as thread, Recogniser(engine).held():
            finished = thread.submit(caller.finish, *pieces(data, 16_000))
            wait_for(
                lambda: any(waiting_s(c) > 5 for c in running.server.service.sessions.conversations)
            )
        messages = finished.result()
    assert not only(messages, "Warning")
    assert [u["degraded"] for u in only(messages, "Utterance")] == [[], []]
    assert content(messages) == content(offline(engine, data))


def waiting_s(conversation: ServedSession) -> float:
    """Seconds of audio that the server holds but has not analysed."""
    return conversation.intake.waiting_s


def test_a_live_client_behind_loses_its_oldest_audio_and_is_told(engine: Engine) -> None:
    # 3.1 s at once is not an upload yet; 1 s of it may wait.
    query = f"{TONE}&encoding=mulaw&sample_rate=8000"
    with serving(engine, backlog_s=1.0) as running, running.call(query) as caller:
        caller.next()
        with caller.at_once():
            caller.send(*[b"\xff" * 800] * 31)
        messages = caller.finish()
    warnings = only(messages, "Warning")
    assert {m["code"] for m in warnings} == {"audio_dropped"}
    assert sum(m["detail"]["seconds"] for m in warnings) == pytest.approx(2.1)
    assert messages[-1]["audio_seconds"] == pytest.approx(1.0, abs=0.01)


def test_tone_goes_out_alone_while_words_keep_the_user_waiting(
    engine: Engine, sentence: bytes
) -> None:
    with serving(engine, late_s=0.05) as running, running.call() as caller:
        with Recogniser(engine).held():
            caller.send(sentence)
            first = caller.until("Utterance")[-1]
            assert (first["revision"], first["final"]) == (1, False)
            assert first["degraded"] == ["asr_late"]
            assert first["transcript"] is None
            assert first["audio_sentiment"] is not None
        second = caller.until("Utterance")[-1]
        assert (second["revision"], second["final"]) == (2, True)
        assert second["utterance_id"] == first["utterance_id"]
        assert second["transcript"]
        assert caller.finish()[0]["overall"]["utterances"] == 1


def test_a_client_that_vanishes_takes_its_jobs_with_it(
    engine: Engine, speech: bytes, heard: list[Message]
) -> None:
    with serving(engine, late_s=600.0, resume_s=0.0) as running:
        recogniser = Recogniser(engine)
        with recogniser.held():
            with RawCaller(running, query="modalities=text") as gone:
                gone.send(speech)  # two utterances: one in the recogniser's hands, one waiting
                wait_for(lambda: recogniser.busy and recogniser.queued == 1)
            wait_for(lambda: recogniser.queued == 0)
            wait_for(lambda: len(running.server.service.sessions) == 0)
        with running.call() as caller:
            assert content(caller.finish(speech)) == heard


def test_a_recogniser_that_is_killed_costs_one_utterance_its_words(
    engine: Engine, speech: bytes
) -> None:
    live = speech[: round(4.9 * 32_000)]  # more at once, and it would be tried again
    with serving(engine, late_s=600.0) as running, running.call() as caller:
        recogniser = Recogniser(engine)
        with recogniser.held():
            caller.send(live)
            caller.say("Finalize")
            wait_for(lambda: recogniser.busy and recogniser.queued == 1)
            recogniser.kill()
            messages = caller.finish()
    first, second = only(messages, "Utterance")
    assert first["degraded"] == ["asr_failed:crashed"]
    assert first["transcript"] is None
    assert first["fused"]["weights"] == {"text": 0.0, "audio": 1.0}
    assert second["degraded"] == []
    assert second["transcript"]
    assert kinds(messages[-2:]) == ["Summary", "Termination"]


def test_words_that_would_wait_too_long_are_done_without(engine: Engine, speech: bytes) -> None:
    live = speech[: round(4.9 * 32_000)]
    with serving(engine, late_s=600.0, pending_asr_s=2.0) as running, running.call() as caller:
        recogniser = Recogniser(engine)
        with recogniser.held():
            caller.send(live)
            caller.say("Finalize")
            caller.until("SpeechStarted")
            wait_for(lambda: recogniser.busy)
            caller.until("SpeechStarted")
        messages = caller.finish()
    first, second = only(messages, "Utterance")
    assert first["degraded"] == []
    assert second["degraded"] == ["asr_failed:overloaded"]
    assert second["audio_sentiment"] is not None
