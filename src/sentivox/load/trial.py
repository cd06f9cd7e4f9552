"""A number of streams against a server for a while, as one figure each; and how many it bears."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from sentivox.client.link import Link
from sentivox.load.caller import CallOutcome, PacedCall
from sentivox.load.dialogue import dialogue, turns
from sentivox.load.gauge import Gauge, GaugeReading, percentile
from sentivox.types import Int16Array

NOT_ABOUT_LOAD = frozenset({"asr_rejected", "no_words", "too_short"})
"""Reasons for `degraded` that a server gives however idle it is."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What each stream does.

    Attributes:
        seconds: How long it talks.
        talk: Share of it that is speech.
        frame_s: Length of a message.
        seed: Decides turns, pauses and when each begins.
    """

    seconds: float
    talk: float
    frame_s: float
    seed: int


class LoadTrial(msgspec.Struct, frozen=True):
    """What came of it. Latencies run from the audio that decides an endpoint to the Utterance.

    `server_cpu` is in cores, from before the first stream to after the last; `server_rss_mb` in 10⁶
    bytes at the end; `losses` are utterances that lack words or tone for the load, by reason.
    """

    streams: int
    seconds: float
    profile: str | None
    utterances: int
    worded: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    dropped_seconds: float
    errors: int
    server_cpu: float
    server_rss_mb: float
    loop_lag_p99_ms: float
    losses: dict[str, int]
    warnings: dict[str, int]
    first_error: str | None

    def bearable(self, limit_ms: float) -> bool:
        """Nothing was lost or failed, and results came in time."""
        lost = self.dropped_seconds > 0 or self.errors > 0 or bool(self.losses)
        return not lost and self.utterances > 0 and self.p95_ms <= limit_ms


def run_trial(link: Link, gauge: Gauge, streams: int, plan: LoadPlan) -> LoadTrial:
    """Let so many streams talk at once, as soon as the server takes any.

    Raises:
        ConnectionFailed: it takes none, or its /metrics do not answer.
    """
    rng = np.random.default_rng(plan.seed)
    said = turns()
    audio = [dialogue(said, plan.seconds, talk=plan.talk, rng=rng) for _ in range(streams)]
    # They begin over one second: nobody's callers all begin in the same millisecond.
    waits = rng.uniform(0, 1, streams)
    gauge.wait_ready()
    before = gauge.read()
    outcome, after = asyncio.run(_all(link, gauge, audio, waits.tolist(), plan.frame_s))
    return _figures(streams, plan.seconds, outcome, before, after)


async def _all(
    link: Link, gauge: Gauge, audio: Sequence[Int16Array], waits: Sequence[float], frame_s: float
) -> tuple[CallOutcome, GaugeReading]:
    """Everybody's outcome, and the reading when they were through."""
    calls = [PacedCall(link, one, frame_s) for one in audio]
    total = CallOutcome()
    for outcome in await asyncio.gather(*(c.run(w) for c, w in zip(calls, waits, strict=True))):
        total.add(outcome)
    return total, await asyncio.to_thread(gauge.read)


def _figures(
    streams: int, seconds: float, outcome: CallOutcome, before: GaugeReading, after: GaugeReading
) -> LoadTrial:
    times = np.array(outcome.latencies or [np.nan]) * 1e3
    p50, p95, p99 = (round(float(p), 1) for p in np.percentile(times, (50, 95, 99)))
    lag = percentile(before.lag, after.lag, 0.99)
    losses = {why: n for why, n in outcome.degraded.items() if why not in NOT_ABOUT_LOAD}
    return LoadTrial(
        streams=streams,
        seconds=seconds,
        profile=outcome.profile,
        utterances=len(outcome.latencies),
        worded=outcome.worded,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        dropped_seconds=round(outcome.dropped_seconds, 2),
        errors=len(outcome.errors),
        server_cpu=round(after.cores_since(before), 3),
        server_rss_mb=round(after.rss_mb, 1),
        loop_lag_p99_ms=round(lag * 1e3, 1),
        losses=losses,
        warnings=dict(outcome.warnings),
        first_error=next(iter(outcome.errors), None),
    )


def ramp(
    attempt: Callable[[int], LoadTrial], first: int, limit_ms: float
) -> tuple[int, list[LoadTrial]]:
    """The most streams that are borne, found by doubling and then by halving the gap to a tenth.

    Args:
        attempt: Tries a number of streams.
        first: The number to begin with.
        limit_ms: The p95 that is still borne.

    Returns:
        That number, 0 where even one is too many, and all trials in their order.
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
