"""More than the server bears: who is let in, what is done without, and what comes back."""

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.capacity import HEADROOM, Capacity, Cost, Demand, capacity_of
from sentivox.engine.engine import Engine
from sentivox.engine.workers import PoolPolicy, WorkerPool
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from tests.server.serving import (
    Message,
    Recogniser,
    Running,
    client,
    content,
    only,
    serving,
    wait_for,
)
from tests.server.test_metrics import samples
from tests.server.test_pressure import tone_offline

TONE = "modalities=audio"


def readiness(running: Running) -> tuple[int, dict[str, Any]]:
    with client(running) as http:
        answer = http.get("/readyz")
        return answer.status_code, answer.json()


def refused(running: Running, query: str = "") -> Message:
    """The Error of a stream that is not let in, closed with 1013."""
    with running.call(query) as caller:
        (error,) = caller.rest()
        assert caller.code == 1013
    return error


def test_without_a_number_as_many_are_let_in_as_the_machine_bears(engine: Engine) -> None:
    with serving(engine, max_streams=0) as running:
        wait_for(lambda: running.server.service.unready is None)
        capacity = capacity_of(engine.cost())
        assert readiness(running)[1]["streams"] == {"open": 0, "max": capacity.streams()}
        with running.call(TONE) as caller:
            most = caller.next()["limits"]["max_streams"]
            assert most == capacity.streams(Demand(frozenset({"audio"})))
            caller.finish()


def test_until_that_is_known_nobody_is_let_in(engine: Engine) -> None:
    with serving(engine, max_streams=0) as running:
        wait_for(lambda: running.server.service.unready is None)
        running.server.service.sessions.capacity = None
        status, body = readiness(running)
        assert (status, body["reason"]) == (503, "loading models")
        assert refused(running)["code"] == "not_ready"
        running.server.service.sessions.capacity = Capacity(None, 1)


def test_streams_count_by_what_they_ask_for(engine: Engine, sentence: bytes) -> None:
    """Half the room is taken by words, a tenth by each stream of tone alone."""
    cost = Cost(
        intake=0.1 * (1 - HEADROOM),
        features=0.0,
        tone=0.0,
        words=0.9 * (1 - HEADROOM),
        live_voice=0.0,
    )
    with serving(engine) as running:
        running.server.service.sessions.capacity = Capacity(cost, 2)
        with running.call(TONE) as first, running.call() as second:
            assert first.next()["limits"]["max_streams"] == 10
            assert second.next()["limits"]["max_streams"] == 2
            error = refused(running)
            assert error["code"] == "full"
            assert error["retry_after_s"] > 0
            with running.call(TONE) as third:
                assert third.next()["type"] == "Begin"
                third.finish()
            assert content(first.finish(sentence)) == [
                m for m in tone_offline(engine, sentence) if m["type"] != "Begin"
            ]
            second.finish()
        wait_for(lambda: len(running.server.service.sessions) == 0)
        assert running.server.service.sessions._taken < 1e-6


def test_words_that_do_not_keep_up_are_done_without_step_by_step(
    engine: Engine, speech: bytes
) -> None:
    live = speech[: round(4.9 * 32_000)]
    # Or the recogniser might be held up with a guess that came to nothing.
    stream = StreamConfig(speculate=False)
    with (
        serving(engine, degrade=True, late_s=0.3, stream=stream) as running,
        running.call() as caller,
    ):
        recogniser = Recogniser(engine)
        with recogniser.held():
            caller.send(live)
            caller.say("Finalize")
            messages: list[Message] = []
            while not (told := only(messages, "Warning")) or told[-1]["detail"]["level"] < 3:
                messages.append(caller.next())
            # One utterance is with the recogniser, the other has waited in vain.
            messages += caller.until("Utterance")
            assert refused(running, TONE)["code"] == "full"
            status, body = readiness(running)
            assert (status, body["reason"], body["degradation"]) == (503, "overloaded", 3)
            with client(running) as http:
                assert samples(http)["sentivox_degradation_level"] == 3
        messages += caller.until("Utterance")
        wait_for(lambda: running.server.service.sessions.level < 3)
        assert readiness(running)[0] == 200
        messages += caller.finish()
    levels = [(w["code"], w["detail"]["level"]) for w in only(messages, "Warning")]
    assert levels[:4] == [("degraded", n) for n in (1, 2, 3, 2)]
    final = {u["utterance_id"]: u for u in only(messages, "Utterance") if u["final"]}
    assert "asr_failed:overloaded" not in final[1]["degraded"]
    assert final[2]["transcript"] is None
    assert "asr_failed:overloaded" in final[2]["degraded"]
    assert final[2]["audio_sentiment"] is not None


def test_an_overloaded_server_without_streams_takes_one(engine: Engine, sentence: bytes) -> None:
    """The level falls step by step after the last stream, and no refusal spares anybody then."""
    with serving(engine) as running:
        running.server.service.sessions.degrade(Degradation.NO_LATE_WORDS)
        assert readiness(running)[0] == 200
        with running.call() as caller:
            assert caller.next()["type"] == "Begin"
            assert readiness(running)[1]["reason"] == "overloaded"
            assert refused(running)["code"] == "full"
            messages = caller.finish(sentence)
        assert only(messages, "Utterance")[-1]["transcript"]


def test_a_server_that_keeps_up_does_everything(engine: Engine, sentence: bytes) -> None:
    with serving(engine, degrade=True, late_s=600.0) as running, running.call() as caller:
        messages = caller.finish(sentence)
    assert not [w for w in only(messages, "Warning") if w["detail"]["level"] > 1]
    assert only(messages, "Utterance")[-1]["transcript"]


@contextmanager
def fragile(engine: Engine, marker: Path) -> Generator[tuple[Engine, WorkerPool]]:
    """The same models, and a recogniser that dies at every utterance until `marker` exists."""
    spec = TranscriberSpec("tests.engine.faulty:Fragile", {"marker": str(marker)})
    pool = WorkerPool(spec, policy=PoolPolicy(failed_jobs=2, rest_s=600.0))
    pool.wait_ready()
    with Engine(dataclasses.replace(engine._parts, asr=pool)) as other:
        yield other, pool


def test_a_recogniser_that_keeps_dying_is_left_alone_and_tried_again(
    engine: Engine, sentence: bytes, tmp_path: Path
) -> None:
    def spoken(running: Running) -> Message:
        with running.call() as caller:
            utterance = only(caller.finish(sentence), "Utterance")[-1]
        assert utterance["audio_sentiment"] is not None
        return utterance

    marker = tmp_path / "well"
    with fragile(engine, marker) as (other, pool), serving(other, late_s=600.0) as running:
        assert readiness(running)[1]["asr"] == "closed"
        assert [spoken(running)["degraded"] for _ in range(2)] == [["asr_failed:crashed"]] * 2
        status, body = readiness(running)
        assert (status, body["asr"]) == (200, "open")  # tone is there
        assert spoken(running)["degraded"] == ["asr_failed:asr_unavailable"]
        with client(running) as http:
            seen = samples(http)
        assert seen["sentivox_asr_circuit[open]"] == 1
        assert seen["sentivox_asr_circuit[closed]"] == 0
        assert seen["sentivox_asr_circuit_opens_total"] == 1
        marker.touch()
        pool._breaker.pause_s = 0.0  # the pause is over
        assert readiness(running)[1]["asr"] == "half_open"
        assert spoken(running)["transcript"] == "hello again"
        assert readiness(running)[1]["asr"] == "closed"
