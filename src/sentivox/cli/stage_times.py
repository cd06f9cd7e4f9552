"""The times of one stage, as `bench` takes and keeps them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Times of one stage, in milliseconds.

    Attributes:
        p25_ms: Lower quartile; None in documents of versions that did not write it.
        p75_ms: Upper quartile; likewise.
        stand_in: Whether random weights of the true shape stood in for the model.
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
        """Percentiles of the times, in seconds, of one stage's runs."""
        ranks = (25, 50, 75, 95, 99)
        p25, p50, p75, p95, p99 = (round(float(t) * 1e3, 4) for t in np.percentile(times, ranks))
        return cls(name, len(times), p50, p95, p99, note, p25, p75, stand_in)

    @property
    def low_ms(self) -> float:
        """Lower quartile, or the median where it is not known."""
        return self.p50_ms if self.p25_ms is None else self.p25_ms

    @property
    def high_ms(self) -> float:
        """Upper quartile, or the median where it is not known."""
        return self.p50_ms if self.p75_ms is None else self.p75_ms


def timed(run: Callable[[], object], n: int, *, per: int = 1) -> list[float]:
    """Seconds of each of n runs after two that only warm up, divided by `per`."""
    times: list[float] = []
    for _ in range(n + 2):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) / per)
    return times[2:]
