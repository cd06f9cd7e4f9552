"""Collects a trace of each utterance: the times of the utterance and of each of its stages.

A `TraceExporter` exports the traces, such as that of `sinks.otel`. Exported traces hold times,
names and failures, never words or scores.
"""

import logging
import os
import time
from dataclasses import dataclass, field
from typing import Final

from sentivox.protocol.events import Event, SpeechEnded, SpeechStarted, Utterance
from sentivox.sinks.log import log
from sentivox.sinks.traces import StageSpan, TraceExporter, UtteranceTrace
from sentivox.stream.jobs import AsrJob, Failed, Job, JobResult

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Environment variables that name a collector."""


@dataclass(slots=True)
class _Open:
    start: int
    stages: list[StageSpan] = field(default_factory=list[StageSpan])
    provisional: int | None = None


class Trace:
    """A sink that collects one session's traces from its events and the results of its jobs.

    Args:
        tracing: Exports the traces; None to collect none.
    """

    def __init__(self, tracing: TraceExporter | None) -> None:
        self._tracing = tracing
        self._open: dict[tuple[int, int], _Open] = {}

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        if self._tracing is None:
            return
        now = time.time_ns()
        match event:
            case SpeechStarted():
                self._open[event.channel, event.utterance_id] = _Open(now)
            case SpeechEnded(discarded=True):
                self._open.pop((event.channel, event.utterance_id), None)
            case Utterance():
                self._judged(event, now, self._tracing)
            case _:
                pass

    def ran(self, job: Job, result: JobResult) -> None:
        """Take the result of a job that has just ended."""
        known = self._open.get((job.channel, job.utterance_id))
        if known is None:
            return
        end = time.time_ns()
        began = end - _ns(result.run_ms)
        failed = None
        if isinstance(result.value, Failed):
            failed = result.value.reason.partition(":")[0]  # the rest is free text of the model
        if isinstance(job, AsrJob):
            known.stages.append(StageSpan("asr.queue", began - _ns(result.queue_ms), began))
            known.stages.append(StageSpan("asr", began, end, failed))
        else:
            known.stages.append(StageSpan(job.kind, began, end, failed))

    def _judged(self, event: Utterance, now: int, tracing: TraceExporter) -> None:
        key = event.channel, event.utterance_id
        known = self._open[key]
        if not event.final:
            known.provisional = now
            return
        del self._open[key]
        fusion = StageSpan("fusion", now - _ns(event.latency_ms.fusion), now)
        stages = [*known.stages, fusion]
        tracing.take(UtteranceTrace(event, known.start, now, stages, known.provisional))


def from_environment() -> TraceExporter | None:
    """The exporter that OpenTelemetry's environment variables configure.

    None if they name no collector, or if the extra `sentivox[otel]` is missing, which is logged.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from sentivox.sinks.otel import OpenTelemetry  # noqa: PLC0415  (an extra)
    except ImportError:
        log("tracing_off", level=logging.WARNING, install="sentivox[otel]")
        return None
    return OpenTelemetry.to_collector()


def _ns(milliseconds: float) -> int:
    return round(milliseconds * 1e6)
