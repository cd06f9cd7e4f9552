"""Run load trials, and find the number of streams that a server can carry."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from sentivox.client.link import Link
from sentivox.errors import ConnectionFailed
from sentivox.load.caller import CallOutcome, PacedCall
from sentivox.load.dialogue import dialogue, sample_turns
from sentivox.load.gauge import GaugeReading, ServerMonitor, percentile
from sentivox.load.protocol import LoadProtocol
from sentivox.load.protocols import V1

LOAD_INDEPENDENT_REASONS = frozenset({"asr_rejected", "no_words", "too_short"})
"""Reasons for `degraded` that a server gives even when it is idle."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What each stream does.

    Attributes:
        seconds: Duration of its audio.
        talk: Share of the time that is speech, 0…1.
        frame_s: Seconds of audio in a message.
        seed: Seed for the turns, the pauses and the start of each stream.
        protocol: The protocol that it speaks.
    """

    seconds: float
    talk: float
    frame_s: float
    seed: int
    protocol: LoadProtocol = V1


class LoadTrial(msgspec.Struct, frozen=True):
    """The result of a trial.

    Attributes:
        protocol: Name of the protocol that the streams spoke.
        streams: Number of concurrent streams.
        seconds: Duration of each stream's audio.
        profile: The server's profile of models; None if the protocol does not say it.
        utterances: Number of final utterances; None if the protocol has no results.
        worded: Number of utterances with a transcript; None likewise.
        latency_since: From where latency counts until the Utterance: "endpoint", the audio that
            decides it, or "speech end", before the silence that ends an utterance. None if the
            protocol has no results.
        p50_ms: Median of that latency; NaN if there is none.
        p95_ms: 95th percentile of that latency.
        p99_ms: 99th percentile of that latency.
        dropped_seconds: Seconds of audio that the server dropped; None if the protocol does not
            say it.
        errors: Number of failures.
        server_cpu: Average number of busy cores, from before the first stream to after the last.
        cpu_ms: The server's CPU time in milliseconds per second of a stream's audio.
        server_rss_mb: Memory at the end, in units of 10⁶ bytes.
        loop_lag_p99_ms: 99th percentile of the lag of the server's event loop.
        losses: Number of utterances that lack words or tone because of the load, by reason; None
            if the protocol does not say it.
        warnings: Number of warnings, by code.
        first_error: The first failure, if any.
    """

    protocol: str
    streams: int
    seconds: float
    profile: str | None
    utterances: int | None
    worded: int | None
    latency_since: str | None
    p50_ms: float
    p95_ms: float
    p99_ms: float
    dropped_seconds: float | None
    errors: int
    server_cpu: float
    cpu_ms: float
    server_rss_mb: float
    loop_lag_p99_ms: float
    losses: dict[str, int] | None
    warnings: dict[str, int]
    first_error: str | None

    def bearable(self, limit_ms: float) -> bool:
        """Whether nothing failed or is known to be lost, and the p95 is within the limit."""
        lost = bool(self.dropped_seconds) or self.errors > 0 or bool(self.losses)
        return not lost and bool(self.utterances) and self.p95_ms <= limit_ms


def run_trial(link: Link, gauge: ServerMonitor, streams: int, plan: LoadPlan) -> LoadTrial:
    """Run a number of concurrent streams, as soon as the server accepts streams.

    Raises:
        ConnectionFailed: the server accepts none, or its /metrics does not answer.
        UsageError: the protocol has no messages of `plan.frame_s`.
    """
    rng = np.random.default_rng(plan.seed)
    said = sample_turns()
    audio = [dialogue(said, plan.seconds, talk=plan.talk, rng=rng) for _ in range(streams)]
    # Spread over a second, because real callers do not all begin in the same millisecond.
    waits = rng.uniform(0, 1, streams)
    calls = [PacedCall(link, one, plan.frame_s, plan.protocol) for one in audio]
    gauge.wait_ready()
    before = gauge.read()
    outcome, after = asyncio.run(_all(gauge, calls, waits.tolist()))
    if not outcome.opened:
        raise ConnectionFailed(_refused(plan.protocol, outcome.errors[0]))
    return _figures(streams, plan, outcome, before, after)


async def _all(
    gauge: ServerMonitor, calls: Sequence[PacedCall], waits: Sequence[float]
) -> tuple[CallOutcome, GaugeReading]:
    """Run all streams; return their joint outcome, and the server's figures at the end."""
    total = CallOutcome()
    for outcome in await asyncio.gather(*(c.run(w) for c, w in zip(calls, waits, strict=True))):
        total.add(outcome)
    return total, await asyncio.to_thread(gauge.read)


def _refused(protocol: LoadProtocol, why: str) -> str:
    """The message for a server that accepts no stream."""
    if protocol is V1:
        return why
    return f"{why} (does the server speak {protocol.name}? sentivox serve --protocols)"


def _figures(
    streams: int,
    plan: LoadPlan,
    outcome: CallOutcome,
    before: GaugeReading,
    after: GaugeReading,
) -> LoadTrial:
    """Summarise a trial."""
    times = np.array(outcome.latencies or [np.nan]) * 1e3
    p50, p95, p99 = (round(float(p), 1) for p in np.percentile(times, (50, 95, 99)))
    lag = percentile(before.lag, after.lag, 0.99)
    losses = {why: n for why, n in outcome.degraded.items() if why not in LOAD_INDEPENDENT_REASONS}
    protocol = plan.protocol
    cpu = after.cpu_seconds - before.cpu_seconds
    return LoadTrial(
        protocol=protocol.name,
        streams=streams,
        seconds=plan.seconds,
        profile=outcome.profile,
        utterances=outcome.utterances if protocol.since else None,
        worded=outcome.worded if protocol.since else None,
        latency_since=protocol.since,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        dropped_seconds=round(outcome.dropped_seconds, 2) if protocol.tells_losses else None,
        errors=len(outcome.errors),
        server_cpu=round(after.cores_since(before), 3),
        cpu_ms=round(cpu * 1e3 / plan.seconds / streams, 3),
        server_rss_mb=round(after.rss_mb, 1),
        loop_lag_p99_ms=round(lag * 1e3, 1),
        losses=losses if protocol.tells_losses else None,
        warnings=dict(outcome.warnings),
        first_error=next(iter(outcome.errors), None),
    )


def ramp(
    attempt: Callable[[int], LoadTrial], first: int, limit_ms: float
) -> tuple[int, list[LoadTrial]]:
    """Find the most streams that a server can carry, by doubling and then bisecting to a tenth.

    Args:
        attempt: Runs a trial with a number of streams.
        first: Number of streams to begin with.
        limit_ms: Highest p95 latency that is acceptable.

    Returns:
        That number, 0 if even one stream is too many, and all trials in order.
    """
    trials: list[LoadTrial] = []

    def borne(streams: int) -> bool:
        trials.append(attempt(streams))
        return trials[-1].bearable(limit_ms)

    low, high = 0, first
    while borne(high):
        low, high = high, 2 * high
    while high - low > max(1, high // 10):
        middle = (low + high) // 2
        low, high = (middle, high) if borne(middle) else (low, middle)
    return low, trials
