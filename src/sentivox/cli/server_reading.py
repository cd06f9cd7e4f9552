"""Computes the figures of `sentivox top` from scrapes of a server. Pure functions."""

from collections.abc import Mapping
from itertools import pairwise
from math import inf

import msgspec

from sentivox.cli.scrape import Scrape

STAGES = ("queue", "vad", "asr", "text", "tone", "fusion", "total")
"""Stages of the metric `sentivox_stage_seconds`, in order of display."""


class Quantiles(msgspec.Struct, frozen=True):
    """Count and quantiles of a histogram, interpolated in its buckets; None if it is empty."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None


class ServerReading(msgspec.Struct, frozen=True, kw_only=True):
    """A server's figures over a period of `over_s` seconds.

    Counts are those of the period. `cpu` is in cores and `memory_bytes` is resident memory, both
    including the recogniser processes. Quantiles of `stages` and `loop_lag` are in seconds. None
    means that the server does not report a figure.
    """

    status: str
    reason: str | None
    over_s: float
    streams: int
    streams_max: int
    cpu: float | None
    cpu_limit: float | None
    memory_bytes: float | None
    memory_limit_bytes: float | None
    audio_seconds: float
    dropped_seconds: float
    utterances: int
    degraded: dict[str, int]
    warnings: dict[str, int]
    alerts: dict[str, int]
    refusals: dict[str, int]
    sessions: dict[str, int]
    workers: dict[str, int]
    queue: int
    restarts: int
    stages: dict[str, Quantiles]
    asr_rtf: Quantiles
    loop_lag: Quantiles


def read_scrapes(now: Scrape, before: Scrape | None = None) -> ServerReading:
    """The figures between two scrapes; with only one, those since the server's start."""
    began = now.total("process_start_time_seconds") or now.at
    over = max(now.at - (began if before is None else before.at), 1e-3)

    def grown(name: str, **labels: str) -> float:
        return _grown(
            now.total(name, **labels), None if before is None else before.total(name, **labels)
        )

    def each(name: str, label: str) -> dict[str, int]:
        old = {} if before is None else before.by(name, label)
        new = {key: round(_grown(v, old.get(key))) for key, v in now.by(name, label).items()}
        return {key: count for key, count in new.items() if count}

    def spread(name: str, **labels: str) -> Quantiles:
        bounds = now.by(f"{name}_bucket", "le")
        return quantiles({le: grown(f"{name}_bucket", le=le, **labels) for le in bounds})

    known = now.total("sentivox_cpu_seconds_total") is not None
    return ServerReading(
        status=str(now.readiness.get("status")),
        reason=now.readiness.get("reason"),
        over_s=round(over, 3),
        streams=_whole(now, "sentivox_streams"),
        streams_max=_whole(now, "sentivox_streams_max"),
        cpu=round(grown("sentivox_cpu_seconds_total") / over, 4) if known else None,
        cpu_limit=now.total("sentivox_cpu_limit_cores"),
        memory_bytes=now.total("sentivox_memory_bytes"),
        memory_limit_bytes=now.total("sentivox_memory_limit_bytes"),
        audio_seconds=round(grown("sentivox_audio_seconds_total"), 3),
        dropped_seconds=round(grown("sentivox_dropped_audio_seconds_total"), 3),
        utterances=round(grown("sentivox_utterances_total")),
        degraded=each("sentivox_degraded_total", "reason"),
        warnings=each("sentivox_warnings_total", "code"),
        alerts=each("sentivox_alerts_total", "severity"),
        refusals=each("sentivox_refusals_total", "reason"),
        sessions=each("sentivox_sessions_total", "code"),
        workers={k: round(v) for k, v in now.by("sentivox_asr_workers", "state").items()},
        queue=_whole(now, "sentivox_asr_queue"),
        restarts=round(grown("sentivox_asr_restarts_total")),
        stages={s: spread("sentivox_stage_seconds", stage=s) for s in STAGES},
        asr_rtf=spread("sentivox_asr_rtf"),
        loop_lag=spread("sentivox_loop_lag_seconds"),
    )


def quantiles(buckets: Mapping[str, float]) -> Quantiles:
    """Estimate quantiles as Prometheus' `histogram_quantile` does.

    Values are assumed to be spread evenly within a bucket; those above the last finite bound count
    as equal to it.

    Args:
        buckets: Cumulative counts by upper bound, such as "0.5" or "+Inf".
    """
    bounds = sorted((float(le), count) for le, count in buckets.items())
    count = bounds[-1][1] if bounds else 0.0

    def at(share: float) -> float | None:
        rank = share * count
        for (low, below), (high, upto) in pairwise([(0.0, 0.0), *bounds]):
            if upto >= rank and upto > below:
                inside = high if high < inf else low
                return round(low + (inside - low) * (rank - below) / (upto - below), 6)
        return None

    return Quantiles(round(count), at(0.5), at(0.95), at(0.99))


def _grown(new: float | None, old: float | None) -> float:
    """The increase of a counter; its whole value if the server was restarted in between."""
    if new is None:
        return 0.0
    return new - old if old is not None and old <= new else new


def _whole(now: Scrape, name: str) -> int:
    return round(now.total(name) or 0)
