"""Parts that fail, disks that fill, clocks that jump: every utterance still gets its result."""

import contextlib
import resource
import signal
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.engine import Engine
from sentivox.engine.workers import PoolPolicy, WorkerPool
from sentivox.samples import CALL
from sentivox.text.protocol import TextClassifier
from sentivox.types import TextScores
from tests.engine.faulty import Order
from tests.server.serving import (
    Message,
    client,
    files,
    kinds,
    only,
    serving,
    wait_for,
)

GOODBYE = ["Summary", "Termination"]


class Broken:
    """A text model that raises."""

    name = "broken/1"
    languages = frozenset({"en"})

    def classify(self, texts: list[str]) -> list[TextScores]:
        raise RuntimeError(f"no room for {len(texts)}")


@contextlib.contextmanager
def engine_with(engine: Engine, **parts: Any) -> Generator[Engine]:
    """The loaded models, but for these."""
    changed = Engine(replace(engine._parts, **parts))
    try:
        yield changed
    finally:
        changed._scheduler._threads.close()  # the processes are the other engine's


@contextlib.contextmanager
def recogniser(what: Order) -> Generator[WorkerPool]:
    """Does this with every utterance, in a real worker process; hanging costs it 1 s."""
    policy = PoolPolicy(backoff_s=0.01, still_s=1.0, tries=1)
    spec = TranscriberSpec("tests.engine.faulty:Stubborn", {"what": what.name})
    with WorkerPool(spec, policy=policy) as pool:
        pool.wait_ready()
        yield pool


def complete(messages: list[Message], code: int | None) -> list[Message]:
    """The utterances, of which none is missing."""
    ended = [m for m in only(messages, "SpeechEnded") if not m["discarded"]]
    utterances = [u for u in only(messages, "Utterance") if u["final"]]
    assert [u["utterance_id"] for u in utterances] == [m["utterance_id"] for m in ended]
    assert len(utterances) == 2
    assert kinds(messages[-2:]) == GOODBYE
    assert code == 1000
    return utterances


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (Order.RAISE, "asr_failed:asr_error: no such thing as 0"),
        (Order.HANG, "asr_failed:timeout"),
        (Order.BLOCK, "asr_failed:timeout"),
        (Order.KILL, "asr_failed:crashed"),
        (Order.SEGFAULT, "asr_failed:crashed"),
        (Order.NONSENSE, "asr_failed:asr_error: the recogniser returned NoneType"),
        (Order.GARBAGE, "asr_failed:crashed"),
    ],
)
def test_whatever_the_recogniser_does_the_voice_is_judged(
    engine: Engine, speech: bytes, what: Order, why: str
) -> None:
    with (
        recogniser(what) as asr,
        engine_with(engine, asr=asr) as faulty,
        serving(faulty, late_s=600.0) as running,
        running.call() as caller,
    ):
        messages = caller.finish(speech)
    for utterance in complete(messages, caller.code):
        assert utterance["degraded"] == [why]
        assert utterance["transcript"] is None
        assert utterance["audio_sentiment"] is not None
        assert utterance["fused"]["weights"] == {"text": 0.0, "audio": 1.0}


@contextlib.contextmanager
def relapsing(tmp_path: Path, when: Path) -> Generator[WorkerPool]:
    """Dies at the first utterance it hears, once a file is there, and then never again."""
    options = {"marker": str(tmp_path / "died"), "when": str(when)}
    spec = TranscriberSpec("tests.engine.faulty:Relapsing", options)
    with WorkerPool(spec, policy=PoolPolicy(backoff_s=0.01)) as pool:
        pool.wait_ready()
        yield pool


def test_an_upload_keeps_its_words_where_a_recogniser_dies(
    engine: Engine, speech: bytes, tmp_path: Path
) -> None:
    """Its first utterance too, which was begun before it was known for an upload."""
    known = tmp_path / "known"
    with (
        relapsing(tmp_path, known) as asr,
        engine_with(engine, asr=asr) as faulty,
        serving(faulty, late_s=600.0) as running,
        running.call() as caller,
    ):
        caller.send(speech[: round(3.45 * 32_000)])
        wait_for((tmp_path / "died").exists)
        caller.send(speech[round(3.45 * 32_000) :] + speech * 2)
        messages = [m for _ in range(3) for m in caller.until("SpeechStarted")]
        known.touch()
        messages += caller.finish()
    final = [u for u in only(messages, "Utterance") if u["final"]]
    assert len(final) >= 4
    assert all(u["transcript"] for u in final)
    assert only(messages, "Summary")[-1]["words_missing"] == 0
    assert (tmp_path / "died").exists()


def test_so_does_a_recording(engine: Engine, tmp_path: Path) -> None:
    with (
        relapsing(tmp_path, tmp_path) as asr,
        engine_with(engine, asr=asr) as faulty,
        serving(faulty) as running,
        client(running) as http,
    ):
        answer = http.post("/v1/analyze", content=CALL.read_bytes())
    assert answer.status_code == 200
    document = answer.json()
    assert document["words_missing"] == 0
    for channel in document["channels"]:
        said = [u["transcript"] for u in channel["utterances"]]
        assert said
        assert all(said)
    assert (tmp_path / "died").exists()


def test_a_recording_says_how_many_words_it_lacks(engine: Engine) -> None:
    with (
        recogniser(Order.RAISE) as asr,
        engine_with(engine, asr=asr) as faulty,
        serving(faulty) as running,
        client(running) as http,
    ):
        document = http.post("/v1/analyze", content=CALL.read_bytes()).json()
    assert document["words_missing"] == sum(len(c["utterances"]) for c in document["channels"]) > 0


def test_a_text_model_that_raises_leaves_words_and_voice(engine: Engine, speech: bytes) -> None:
    texts = (cast("TextClassifier", Broken()),)
    with (
        engine_with(engine, texts=texts) as faulty,
        serving(faulty, late_s=600.0) as running,
        running.call() as caller,
    ):
        messages = caller.finish(speech)
    for utterance in complete(messages, caller.code):
        assert utterance["degraded"] == ["text_failed:RuntimeError"]
        assert utterance["transcript"]
        assert utterance["text_sentiment"] is None
        assert utterance["audio_sentiment"] is not None


@contextlib.contextmanager
def small_files() -> Generator[None]:
    """No file may grow beyond so many bytes: writing fails as on a disk that is full.

    No fixture, which would still hold when the test's result is written, perhaps to a long file.
    """
    limit, (soft, hard) = 16 << 10, resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_what_was_to_be_kept_and_no_result(
    engine: Engine, speech: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        small_files(),
        serving(engine, save_audio=tmp_path / "kept", late_s=600.0) as running,
        running.call("modalities=audio") as caller,
    ):
        messages = caller.finish(speech)
    assert len(complete(messages, caller.code)) == 2
    assert caplog.text.count("save_failed") == 2
    assert files(tmp_path) == []  # nor half of it


@pytest.mark.parametrize("as_form", [True, False])
def test_a_recording_that_finds_no_room_is_told_so(engine: Engine, *, as_form: bool) -> None:
    data = bytes(2 << 20)
    with small_files(), serving(engine) as running, client(running) as http:
        body: dict[str, Any] = {"files": {"file": data}} if as_form else {"content": data}
        answer = http.post("/v1/analyze", **body)
        assert answer.status_code == 507
        assert "no room" in answer.json()["detail"]
        assert "/" not in answer.json()["detail"]
        wait_for(lambda: not len(running.server.service.uploads))
        assert http.get("/healthz").status_code == 200


def test_the_time_of_day_may_jump(
    engine: Engine, speech: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, jumps = time.time, iter([86_400.0, -86_400.0, 3e9] * 1000)
    monkeypatch.setattr(time, "time", lambda: true() + next(jumps, 0.0))
    with serving(engine, late_s=600.0) as running, running.call() as caller:
        for at in range(0, len(speech), 16_000):
            caller.send(speech[at : at + 16_000])
        utterances = complete(caller.finish(), caller.code)
    for utterance in utterances:
        assert utterance["degraded"] == []
        assert 0 <= utterance["latency_ms"]["total"] < 600_000


def test_a_machine_that_slept_finds_its_streams_as_they_were(engine: Engine, speech: bytes) -> None:
    """It wakes long after their idle timeouts, and with their audio in its sockets."""
    with serving(engine, idle_timeout_s=1.0, late_s=600.0) as running, running.call() as caller:
        caller.send(speech[:64_000])
        caller.until("AudioSentiment")
        loop = next(iter(running.server.servers)).get_loop()
        loop.call_soon_threadsafe(time.sleep, 2.5)
        time.sleep(0.1)
        caller.send(speech[64_000:])
        utterances = complete(caller.finish(), caller.code)
    assert all(utterance["transcript"] for utterance in utterances)


def test_silence_after_sleep_still_ends(engine: Engine) -> None:
    with serving(engine, idle_timeout_s=0.5) as running, running.call() as caller:
        caller.next()
        loop = next(iter(running.server.servers)).get_loop()
        loop.call_soon_threadsafe(time.sleep, 2.0)
        assert caller.rest()[-1]["code"] == "idle"
    assert caller.code == 4408
