"""Exports traces to OpenTelemetry; needs `pip install "sentivox[otel]"`.

OpenTelemetry's own environment variables configure it: `OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` and so on.
"""

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode, set_span_in_context

from sentivox._version import __version__
from sentivox.protocol.events import Utterance
from sentivox.sinks.traces import UtteranceTrace


class OpenTelemetry:
    """A `Tracing` that turns traces into OpenTelemetry spans.

    Args:
        processor: Receives the spans.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        ours = Resource({"service.name": "sentivox", "service.version": __version__})
        self._provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("sentivox", __version__)

    @classmethod
    def to_collector(cls) -> "OpenTelemetry":
        """Export to the collector that the environment names, over HTTP, in batches from a thread.

        The queue is bounded, so spans are dropped if the collector is too slow.
        """
        return cls(BatchSpanProcessor(OTLPSpanExporter()))

    def take(self, traced: UtteranceTrace) -> None:
        """Create a span for the utterance, and a child span for each stage."""
        whole = self._tracer.start_span(
            "utterance", Context(), attributes=_attributes(traced.utterance),
            start_time=traced.start,
        )  # fmt: skip
        if traced.provisional is not None:
            whole.add_event("tone alone", timestamp=traced.provisional)
        inside = set_span_in_context(whole, Context())
        for stage in traced.stages:
            part = self._tracer.start_span(stage.stage, inside, start_time=stage.start)
            if stage.failed is not None:
                part.set_status(Status(StatusCode.ERROR, stage.failed))
            part.end(stage.end)
        whole.end(traced.end)

    def close(self) -> None:
        """Send the waiting spans; gives up after some seconds if the collector does not answer."""
        self._provider.shutdown()


def _attributes(utterance: Utterance) -> dict[str, str | int | float | list[str]]:
    return {
        "sentivox.session_id": utterance.session_id,
        "sentivox.channel": utterance.channel,
        "sentivox.utterance_id": utterance.utterance_id,
        "sentivox.revision": utterance.revision,
        "sentivox.speech_seconds": round(utterance.end - utterance.start, 3),
        "sentivox.degraded": [why.partition(":")[0] for why in utterance.degraded],
        "sentivox.vad_ms": utterance.latency_ms.vad,
        "sentivox.total_ms": utterance.latency_ms.total,
    }
