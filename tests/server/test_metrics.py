"""What an operator sees on /metrics, and that it is so."""

import asyncio
import re
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.sinks.metrics import Metrics, RecentMaximum
from tests.server.serving import Recogniser, client, only, serving, wait_for

TONE = "modalities=audio"
STAGES = {"queue", "vad", "asr", "text", "tone", "fusion", "total"}


def samples(http: httpx.Client) -> dict[str, float]:
    """Every sample by its name and labels, as a Prometheus server reads it."""
    answer = http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        s.name + "".join(f"[{value}]" for _, value in sorted(s.labels.items())): s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }


def test_a_session_is_counted_in_all_it_did(engine: Engine, speech: bytes) -> None:
    with serving(engine, late_s=600.0, max_streams=1) as running, client(running) as http:
        before = samples(http)
        assert before["sentivox_streams"] == 0
        assert before["sentivox_streams_max"] == 1
        with running.call() as caller:
            caller.next()
            assert samples(http)["sentivox_streams"] == 1
            with running.call(TONE) as second:
                second.rest()
            messages = caller.finish(speech)
        wait_for(lambda: samples(http)["sentivox_streams"] == 0)
        with running.call("encoding=opus") as third:
            third.rest()
        seen = samples(http)
    utterances = only(messages, "Utterance")
    assert seen["sentivox_utterances_total"] == len(utterances) == 2
    assert seen["sentivox_audio_seconds_total"] == pytest.approx(6.4)
    assert seen["sentivox_dropped_audio_seconds_total"] == 0
    assert seen["sentivox_sessions_total[1000]"] == 1
    assert seen["sentivox_refusals_total[full]"] == 1
    assert seen["sentivox_refusals_total[bad_request]"] == 1
    assert {s for s in STAGES if seen[f"sentivox_stage_seconds_count[{s}]"] == 2} == STAGES
    spent = sum(u["latency_ms"]["asr"] for u in utterances) / 1e3
    assert seen["sentivox_stage_seconds_sum[asr]"] == pytest.approx(spent)
    assert seen["sentivox_asr_rtf_count"] == 2
    assert seen["process_resident_memory_bytes"] > 50e6
    # The recogniser's process comes on top of our own.
    assert seen["sentivox_memory_bytes"] > seen["process_resident_memory_bytes"] + 10e6
    assert seen["sentivox_memory_bytes"] < seen["sentivox_memory_limit_bytes"]
    assert seen["sentivox_cpu_seconds_total"] > seen["process_cpu_seconds_total"]
    assert seen["sentivox_cpu_limit_cores"] > 0


def test_the_metrics_are_those_that_are_written_down(engine: Engine) -> None:
    page = (Path(__file__).parents[2] / "docs" / "serving.md").read_text()
    written = set(re.findall(r"`(sentivox_\w+?)(?:_total)?(?:\{\w+\})?`", page))
    with serving(engine) as running, client(running) as http:
        families = text_string_to_metric_families(http.get("/metrics").text)
        named = {family.name for family in families if family.name.startswith("sentivox_")}
    assert written == {name for name in named if not name.endswith("_created")}


def test_what_is_lost_is_counted(engine: Engine, sentence: bytes) -> None:
    query = f"{TONE}&encoding=mulaw&sample_rate=8000"
    with serving(engine, late_s=600.0, backlog_s=1.0) as running, client(running) as http:
        with running.call(query) as caller:
            caller.next()
            with caller.at_once():
                caller.send(*[b"\xff" * 800] * 31)
            warnings = only(caller.finish(), "Warning")
        seen = samples(http)
        lost = sum(w["detail"]["seconds"] for w in warnings)
        assert seen["sentivox_dropped_audio_seconds_total"] == pytest.approx(lost)
        assert seen["sentivox_warnings_total[audio_dropped]"] == len(warnings)
        before = seen["sentivox_asr_restarts_total"]
        recogniser = Recogniser(engine)
        with running.call() as caller, recogniser.held():
            caller.send(sentence)
            wait_for(lambda: recogniser.busy)
            assert samples(http)["sentivox_asr_workers[busy]"] == 1
            recogniser.kill()
            caller.until("Utterance")
        seen = samples(http)
        assert seen["sentivox_asr_restarts_total"] == before + 1
        assert seen["sentivox_degraded_total[asr_failed]"] == 1


def test_utterances_that_wait_for_a_recogniser_are_seen(engine: Engine, speech: bytes) -> None:
    with serving(engine, late_s=600.0) as running, client(running) as http:
        recogniser = Recogniser(engine)
        with running.call() as caller:
            with recogniser.held():
                caller.send(speech)
                wait_for(lambda: recogniser.busy and recogniser.queued == 1)
                assert samples(http)["sentivox_asr_queue"] == 1
            caller.finish()
        assert samples(http)["sentivox_asr_queue"] == 0


def test_a_loop_that_is_blocked_shows() -> None:
    metrics = Metrics(lambda: 0, lambda: 1, lambda: 0, lambda: None)

    async def block() -> None:
        watching = asyncio.create_task(metrics.watch_loop())
        await asyncio.sleep(0.01)
        time.sleep(0.5)  # noqa: ASYNC251  (the very thing to be found)
        await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(block())
    lines = metrics.render().decode().splitlines()
    late = float(next(x for x in lines if x.startswith("sentivox_loop_lag_seconds_sum")).split()[1])
    assert late >= 0.2
    worst = next(x for x in lines if x.startswith("sentivox_loop_lag_worst_seconds"))
    assert float(worst.split()[1]) >= 0.2


def test_the_worst_of_a_while_is_remembered_for_a_while() -> None:
    worst = RecentMaximum(over_s=60)
    worst.note(0.3, 1000)
    worst.note(0.1, 1010)
    assert worst.of(1059) == 0.3
    assert worst.of(1061) == 0.3
    worst.note(0.2, 1070)
    assert worst.of(1121) == 0.2
    assert worst.of(2000) == 0


def test_no_label_comes_from_a_client(engine: Engine) -> None:
    with serving(engine) as running, client(running) as http:
        for query in ("encoding=evil", "language=evil!", "token=evil", "evil=1"):
            with running.call(query) as caller:
                caller.next()
        assert "evil" not in http.get("/metrics").text


def test_metrics_are_for_holders_of_a_token(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        with client(running) as http:
            assert http.get("/metrics").status_code == 401
        with client(running, token) as http:
            assert "sentivox_streams" in http.get("/metrics").text
