"""Traces: what a collector gets of a session, and that it is times and names only."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.sinks.tracing import from_environment
from tests.server.serving import Recogniser, only, serving, wait_for

pytest.importorskip("opentelemetry.sdk.trace", reason="needs sentivox[otel]")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs sentivox[otel]")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sentivox.sinks.otel import OpenTelemetry

SPEECH_STAGES = {"tone", "utterance_tone", "asr.queue", "asr", "speech", "text", "fusion"}


def traced(engine: Engine, *audio: bytes, late_s: float = 600.0) -> tuple[Any, Any]:
    """The spans of a session, and what its client was told."""
    kept = InMemorySpanExporter()
    tracing = OpenTelemetry(SimpleSpanProcessor(kept))
    with serving(engine, late_s=late_s, tracing=tracing) as running, running.call() as caller:
        messages = caller.finish(*audio)
    return kept.get_finished_spans(), messages


def test_an_utterance_is_a_span_with_its_stages_in_it(engine: Engine, speech: bytes) -> None:
    spans, messages = traced(engine, speech)
    roots = {s.context.trace_id: s for s in spans if s.parent is None}
    utterances = only(messages, "Utterance")
    assert len(roots) == len(utterances) == 2
    told = {u["utterance_id"]: u for u in utterances}
    for trace, root in roots.items():
        inside = [s for s in spans if s.parent is not None and s.context.trace_id == trace]
        assert root.name == "utterance"
        assert {s.name for s in inside} == SPEECH_STAGES
        assert {s.parent.span_id for s in inside} == {root.context.span_id}
        assert root.attributes["sentivox.session_id"] == messages[0]["session_id"]
        utterance = told[root.attributes["sentivox.utterance_id"]]
        (asr,) = (s for s in inside if s.name == "asr")
        assert (asr.end_time - asr.start_time) / 1e6 == pytest.approx(
            utterance["latency_ms"]["asr"], abs=0.2
        )
        assert all(s.start_time <= s.end_time <= root.end_time for s in inside)
        assert all(s.status.is_ok or s.status.is_unset for s in inside)


def test_no_word_and_no_score_is_in_a_trace(engine: Engine, speech: bytes) -> None:
    spans, messages = traced(engine, speech)
    text = " ".join(f"{s.name} {dict(s.attributes)} {s.events} {s.status}" for s in spans)
    for utterance in only(messages, "Utterance"):
        assert not [word for word in utterance["transcript"].split() if f" {word} " in text]
        assert str(utterance["fused_score"]) not in text
        assert utterance["fused"]["label"] not in text


def test_a_recogniser_that_dies_shows_in_the_trace(engine: Engine, sentence: bytes) -> None:
    kept = InMemorySpanExporter()
    tracing = OpenTelemetry(SimpleSpanProcessor(kept))
    recogniser = Recogniser(engine)
    with serving(engine, late_s=0.05, tracing=tracing) as running, running.call() as caller:
        with recogniser.held():
            caller.send(sentence)
            caller.until("Utterance")  # its tone alone
            recogniser.kill()
            caller.until("Utterance")
        caller.finish()
    spans = kept.get_finished_spans()
    (asr,) = (s for s in spans if s.name == "asr")
    assert not asr.status.is_ok
    assert asr.status.description == "crashed"
    (root,) = (s for s in spans if s.parent is None)
    assert root.attributes is not None
    assert root.attributes["sentivox.degraded"] == ("asr_failed",)
    assert [event.name for event in root.events] == ["tone alone"]


@contextmanager
def collector() -> Generator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP collector on this machine: its address, and what came."""
    came: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", came
        finally:
            server.shutdown()
            thread.join()


def test_the_environment_names_the_collector(
    engine: Engine, sentence: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (address, came):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "voices")
        tracing = from_environment()
        with serving(engine, late_s=600.0, tracing=tracing) as running, running.call() as caller:
            caller.finish(sentence)
        wait_for(lambda: came)  # what was held is sent at the end
    (resource,) = (r for request in came for r in request.resource_spans)
    named = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert named["service.name"] == "voices"
    spans = [span.name for scope in resource.scope_spans for span in scope.spans]
    assert {*spans} == SPEECH_STAGES | {"utterance"}


def test_nothing_is_traced_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    assert from_environment() is None
