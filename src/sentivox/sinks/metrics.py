"""Prometheus metrics of the server: counters, gauges and histograms, in a registry per app.

Names and labels are an interface on which dashboards and alert rules depend. No label's value
comes from a client, so the number of series is bounded.
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
"""Media type of Prometheus' text format."""

_SECONDS: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0,
)  # fmt: skip
"""Upper bounds of histogram buckets, in seconds."""

_RTF: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
"""Upper bounds of histogram buckets of the real-time factor."""

_LAG_EVERY_S: Final = 0.05
"""Seconds between two measurements of the event loop's lag."""

_WORST_OVER_S: Final = 60.0
"""Seconds for which the largest lag is remembered."""

Pool = Callable[[], Mapping[str, Any] | None]
"""Returns the state of the recogniser processes (`Engine.asr_stats`).

It returns None while models load, and without a recogniser.
"""


class Metrics:
    """The metrics of one app; also a sink of the events of all its sessions.

    Args:
        open_streams: Returns the number of streams open now.
        most: Returns the maximum number of streams with text and tone in one channel.
        level: Returns the level of degradation, 0…3.
        pool: Returns the state of the recogniser processes.
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
            ("streams_max", "Maximum number of open streams.", most),
            ("degradation_level", "Level of degradation: 0 none … 3 no late words.", level),
        ):
            Gauge(f"sentivox_{name}", about, registry=registry).set_function(value)
        self._ended = self._counter("sessions", "Sessions that ended.", "code")
        self._refused = self._counter("refusals", "Streams that were refused.", "reason")
        self._audio = self._counter("audio_seconds", "Audio analysed.")
        self._dropped = self._counter("dropped_audio_seconds", "Audio dropped under load.")
        self._utterances = self._counter("utterances", "Utterances with a final result.")
        self._degraded = self._counter("degraded", "Utterances that lack something.", "reason")
        self._warnings = self._counter("warnings", "Warnings to clients.", "code")
        self._webhooks = self._counter(
            "webhook_deliveries", "Attempts to deliver a webhook.", "endpoint", "outcome"
        )
        self._webhooks_pending = Gauge(
            "sentivox_webhook_pending", "Webhooks to deliver.", ["endpoint"], registry=registry
        )
        self._alerts = self._counter(
            "alerts", "Alerts; rule is session for rules of clients.", "rule", "severity"
        )
        self._stages = self._histogram(
            "stage_seconds",
            "Time in a stage; queue: waiting for a recogniser, total: since the utterance's end.",
            _SECONDS,
            "stage",
        )
        self._rtf = self._histogram("asr_rtf", "Recognition time over speech time.", _RTF)
        self._lag = self._histogram("loop_lag_seconds", "How late the loop wakes.", _SECONDS)
        self._worst = RecentMaximum(_WORST_OVER_S)
        Gauge(
            "sentivox_loop_lag_worst_seconds", "Largest lag of the last minute.", registry=registry
        ).set_function(lambda: self._worst.of(time.monotonic()))

    def add(self, collector: Collector) -> None:
        """Show the metrics of a collector too."""
        self._registry.register(collector)

    def take(self, event: Event) -> None:
        """Count an event of any session: final utterances, warnings and dropped audio."""
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
        """Count seconds of audio that were analysed."""
        self._audio.inc(seconds)

    def ended(self, code: int) -> None:
        """Count a session that ended with this WebSocket close code."""
        self._ended.labels(code).inc()

    def alerted(self, rule: str, severity: str) -> None:
        """Count an alert by the operator's rule that gave it, or by what stands for others."""
        self._alerts.labels(rule, severity).inc()

    def refused(self, reason: str) -> None:
        """Count a stream that was refused, by the code of its Error."""
        self._refused.labels(reason).inc()

    def webhook(self, endpoint: str, outcome: str) -> None:
        """Count an attempt to deliver a webhook, by the endpoint's name and the outcome."""
        self._webhooks.labels(endpoint, outcome).inc()

    def webhooks_pending(self, endpoint: str, number: int) -> None:
        """Set the number of webhooks that an endpoint still has to get."""
        self._webhooks_pending.labels(endpoint).set(number)

    async def watch_loop(self) -> None:
        """Measure how late the event loop wakes up, which shows what blocks it; never returns."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            lag = max(0.0, clock() - due)
            self._lag.observe(lag)
            self._worst.note(lag, time.monotonic())

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
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
        # Text after a colon may come from a model or a client, so it would not be bounded.
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


class RecentMaximum:
    """The largest of recent values.

    Args:
        over_s: Seconds for which a value is remembered at least; at most it is twice as long.
    """

    def __init__(self, over_s: float) -> None:
        self._over_s = over_s
        self._since = 0.0
        self._now = self._before = 0.0

    def note(self, value: float, now: float) -> None:
        """Record a value at time `now`, in seconds of a monotonic clock."""
        self._turn(now)
        self._now = max(self._now, value)

    def of(self, now: float) -> float:
        """The largest recent value at time `now`; 0 if there is none."""
        self._turn(now)
        return max(self._now, self._before)

    def _turn(self, now: float) -> None:
        if now - self._since >= self._over_s:
            recent = now - self._since < 2 * self._over_s
            self._before = self._now if recent else 0.0
            self._now, self._since = 0.0, now


class _PoolCollector(Collector):
    """Prometheus collector that reads the state of the recogniser processes at each scrape."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def collect(self) -> list[Metric]:
        """Read the state, and return the metric families; none without a recogniser."""
        stats = self._pool()
        if stats is None:
            return []
        workers = GaugeMetricFamily(
            "sentivox_asr_workers", "Recogniser processes.", labels=["state"]
        )
        workers.add_metric(["busy"], stats["busy"])
        workers.add_metric(["idle"], stats["alive"] - stats["busy"])
        queue = GaugeMetricFamily("sentivox_asr_queue", "Utterances waiting.", stats["queued"])
        restarts = CounterMetricFamily(
            "sentivox_asr_restarts", "Recogniser processes replaced.", stats["restarts"]
        )
        circuit = GaugeMetricFamily(
            "sentivox_asr_circuit", "1 for the circuit breaker's current state.", labels=["state"]
        )
        for state in get_args(Circuit):
            circuit.add_metric([state], state == stats["circuit"])
        opened = CounterMetricFamily(
            "sentivox_asr_circuit_opens", "Times that failed jobs opened it.", stats["opened"]
        )
        return [workers, queue, restarts, circuit, opened]
