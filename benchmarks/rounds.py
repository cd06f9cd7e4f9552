"""Time several ways of doing the same in turns, and compare them.

CPU time counts, and the ways take turns, so that other work on the machine slows all of them. The
figure to look at is the ratio within a round, with its median and spread.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Ways = Mapping[str, Callable[[], object]]


def interleave(ways: Ways, rounds: int) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each way in each round, after one round of warm-up."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, run in ways.items():
            began = time.process_time()
            run()
            times[name].append((time.process_time() - began) * 1e3)
    return {name: taken[1:] for name, taken in times.items()}


def against(times: Mapping[str, list[float]], ours: str) -> dict[str, Any]:
    """Return the medians, and how many times faster `ours` is than each other way.

    Returns:
        {"ms": {way: median}, "times_faster": {way: {"median", "p25", "p75"}}}, the latter over
        the rounds.
    """
    ratios = {
        name: np.array(taken) / np.array(times[ours])
        for name, taken in times.items()
        if name != ours
    }
    return {
        "ms": {name: round(float(np.median(taken)), 3) for name, taken in times.items()},
        "times_faster": {name: spread(ratio) for name, ratio in ratios.items()},
    }


def spread(values: "np.ndarray[Any, Any]") -> dict[str, float]:
    """Return median and quartiles."""
    p25, p50, p75 = (round(float(p), 2) for p in np.percentile(values, (25, 50, 75)))
    return {"median": p50, "p25": p25, "p75": p75}
