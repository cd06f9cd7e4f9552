"""Measures the times of one stage for `bench`, and holds their percentiles."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Percentiles of one stage's times, in milliseconds.

    Attributes:
        name: Name of the stage.
        n: Number of runs.
        note: What a run consists of.
        p25_ms: Lower quartile; None if read from a document without it.
        p75_ms: Upper quartile; None if read from a document without it.
        stand_in: Whether random weights of the same shape were used instead of the model.
    """

    name: str
    n: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    note: str
    p25_ms: float | None = None
    p75_ms: float | None = None
    stand_in: bool = False

    @classmethod
    def of(
        cls, name: str, times: list[float], note: str, *, stand_in: bool = False
    ) -> "StageTimes":
        """Compute the percentiles of `times`, which are in seconds."""
        ranks = (25, 50, 75, 95, 99)
        p25, p50, p75, p95, p99 = (round(float(t) * 1e3, 4) for t in np.percentile(times, ranks))
        return cls(name, len(times), p50, p95, p99, note, p25, p75, stand_in)

    @property
    def low_ms(self) -> float:
        """Lower quartile, or the median if that is unknown."""
        return self.p50_ms if self.p25_ms is None else self.p25_ms

    @property
    def high_ms(self) -> float:
        """Upper quartile, or the median if that is unknown."""
        return self.p50_ms if self.p75_ms is None else self.p75_ms


def timed(run: Callable[[], object], n: int, *, per: int = 1) -> list[float]:
    """Time `n` runs after two warm-up runs; returns the seconds of each, divided by `per`."""
    times: list[float] = []
    for _ in range(n + 2):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) / per)
    return times[2:]
