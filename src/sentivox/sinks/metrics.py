"""What an operator can see: counters, gauges and histograms for Prometheus, an app its own.

Names and labels are an interface: dashboards and alert rules hang on them. No label comes from
a client, so their number is bounded.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentivox.engine.breaker import Circuit
from sentivox.protocol.events import Event, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.sinks.footprint import FootprintCollector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0,
)  # fmt: skip
_RTF: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
_LAG_EVERY_S: Final = 0.05
_WORST_OVER_S: Final = 60.0

Pool = Callable[[], Mapping[str, Any] | None]
"""The transcribing processes at this moment (`Engine.asr_stats`); None while models load, and where
there are none."""


class Metrics:
    """Everything one app measures.

    Args:
        open_streams: How many are open now.
        most: How many may be, of words and tone in one channel.
        level: Of degradation, 0…3.
        pool: The transcribing processes.
    """

    def __init__(
        self,
        open_streams: Callable[[], int],
        most: Callable[[], int],
        level: Callable[[], int],
        pool: Pool,
    ) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # RSS, CPU seconds, open files
        registry.register(FootprintCollector())
        registry.register(_PoolCollector(pool))
        for name, about, value in (
            ("streams", "Streams open now.", open_streams),
            ("streams_max", "Streams that may be open.", most),
            ("degradation_level", "What is done without: 0 nothing … 3 late words.", level),
        ):
            Gauge(f"sentivox_{name}", about, registry=registry).set_function(value)
        self._ended = self._counter("sessions", "Sessions that ended.", "code")
        self._refused = self._counter("refusals", "Streams that were refused.", "reason")
        self._audio = self._counter("audio_seconds", "Audio analysed.")
        self._dropped = self._counter("dropped_audio_seconds", "Audio dropped: we were behind.")
        self._utterances = self._counter("utterances", "Utterances judged for good.")
        self._degraded = self._counter("degraded", "Utterances that lack something.", "reason")
        self._warnings = self._counter("warnings", "Warnings to clients.", "code")
        self._stages = self._histogram(
            "stage_seconds",
            "Time of an utterance in a stage; queue: for a recogniser, total: from its end on.",
            _SECONDS,
            "stage",
        )
        self._rtf = self._histogram("asr_rtf", "Recognition time over speech time.", _RTF)
        self._lag = self._histogram("loop_lag_seconds", "How late the loop wakes.", _SECONDS)
        self._worst = Worst(_WORST_OVER_S)
        Gauge(
            "sentivox_loop_lag_worst_seconds", "The worst of it in a minute.", registry=registry
        ).set_function(lambda: self._worst.of(time.monotonic()))

    def take(self, event: Event) -> None:
        """Count an event of any session."""
        match event:
            case Utterance(final=True):
                self._judged(event)
            case WarningEvent():
                self._warnings.labels(event.code).inc()
                if event.code == "audio_dropped":
                    self._dropped.inc(event.detail["seconds"])
            case _:
                pass

    def heard(self, seconds: float) -> None:
        """Count audio that was analysed."""
        self._audio.inc(seconds)

    def ended(self, code: int) -> None:
        """Count a session that ended with this close code."""
        self._ended.labels(code).inc()

    def refused(self, reason: str) -> None:
        """Count a stream that was refused for a reason of ours."""
        self._refused.labels(reason).inc()

    async def watch_loop(self) -> None:
        """Measure for ever how late the loop wakes: whatever blocks it shows here."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            lag = max(0.0, clock() - due)
            self._lag.observe(lag)
            self._worst.note(lag, time.monotonic())

    def render(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"sentivox_{name}", about, labels, registry=self._registry)

    def _histogram(
        self, name: str, about: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"sentivox_{name}", about, labels, buckets=buckets, registry=self._registry
        )

    def _judged(self, utterance: Utterance) -> None:
        self._utterances.inc()
        # What follows the colon may come from a model or a client, and so without bound.
        for reason in {why.partition(":")[0] for why in utterance.degraded}:
            self._degraded.labels(reason).inc()
        took = utterance.latency_ms
        for stage, ms in (
            ("queue", took.queue),
            ("vad", took.vad),
            ("asr", took.asr),
            ("text", took.text),
            ("tone", took.audio),
            ("fusion", took.fusion),
            ("total", took.total),
        ):
            self._stages.labels(stage).observe(ms / 1e3)
        if took.asr:
            self._rtf.observe(took.asr / 1e3 / (utterance.end - utterance.start))


class Worst:
    """The largest of the values noted lately.

    Args:
        over_s: So long at least a value is remembered, and twice as long at most.
    """

    def __init__(self, over_s: float) -> None:
        self._over_s = over_s
        self._since = 0.0
        self._now = self._before = 0.0

    def note(self, value: float, now: float) -> None:
        """Take a value at a time of any one clock, in seconds."""
        self._turn(now)
        self._now = max(self._now, value)

    def of(self, now: float) -> float:
        """The largest, as of now; 0 without any."""
        self._turn(now)
        return max(self._now, self._before)

    def _turn(self, now: float) -> None:
        if now - self._since >= self._over_s:
            recent = now - self._since < 2 * self._over_s
            self._before = self._now if recent else 0.0
            self._now, self._since = 0.0, now


class _PoolCollector(Collector):
    """The recogniser's processes, asked whenever somebody looks."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def collect(self) -> list[Metric]:
        """The families at this moment."""
        stats = self._pool()
        if stats is None:
            return []
        workers = GaugeMetricFamily(
            "sentivox_asr_workers", "Recognising processes.", labels=["state"]
        )
        workers.add_metric(["busy"], stats["busy"])
        workers.add_metric(["idle"], stats["alive"] - stats["busy"])
        queue = GaugeMetricFamily("sentivox_asr_queue", "Utterances that wait.", stats["queued"])
        restarts = CounterMetricFamily(
            "sentivox_asr_restarts", "Processes that were replaced.", stats["restarts"]
        )
        circuit = GaugeMetricFamily(
            "sentivox_asr_circuit", "1 where the circuit breaker stands.", labels=["state"]
        )
        for state in get_args(Circuit):
            circuit.add_metric([state], state == stats["circuit"])
        opened = CounterMetricFamily(
            "sentivox_asr_circuit_opens", "Times that jobs made it open.", stats["opened"]
        )
        return [workers, queue, restarts, circuit, opened]
