"""What a server uses: its processes' CPU and memory, and how late its loop wakes."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sentivox.client.http import Site
from sentivox.errors import ConnectionFailed

PROC = Path("/proc")
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Reading:
    """At one moment.

    Attributes:
        at: When, in seconds of this machine's monotonic clock.
        cpu_seconds: Used so far.
        rss_mb: Resident, 10⁶ bytes; what its processes share counts once.
        lag: Cumulative counts of the loop's lag by upper bound, in seconds.
    """

    at: float
    cpu_seconds: float
    rss_mb: float
    lag: Mapping[float, float]

    def cores_since(self, before: "Reading") -> float:
        """Cores that were busy from another reading to this one."""
        return (self.cpu_seconds - before.cpu_seconds) / (self.at - before.at)


class Gauge:
    """Reads one server.

    Args:
        site: Where it answers.
        pid: The server's process, where it is on this machine: its recognisers are counted too.
    """

    def __init__(self, site: Site, pid: int | None) -> None:
        self._site = site
        self._pid = pid if PROC.is_dir() else None

    def wait_ready(self, within_s: float = 60.0) -> None:
        """Wait until the server takes streams: after a trial that was too much it has to recover.

        Raises:
            ConnectionFailed: it still does not after `within_s`.
        """
        until = time.monotonic() + within_s
        while True:
            try:
                self._site.get("/readyz")
            except ConnectionFailed:
                if time.monotonic() > until:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def read(self) -> Reading:
        """Now.

        Raises:
            ConnectionFailed: /metrics does not answer.
        """
        metrics = self._metrics()
        lag = {
            float(bound): value
            for name, value in metrics.items()
            if (bound := _bucket(name)) is not None
        }
        if self._pid is None:
            cpu = metrics["process_cpu_seconds_total"]
            rss = metrics["process_resident_memory_bytes"]
        else:
            family = list(_family(self._pid))
            cpu, rss = sum(_cpu(p) for p in family), sum(_resident(p) for p in family)
        return Reading(time.monotonic(), cpu, rss / 1e6, lag)

    def _metrics(self) -> Mapping[str, float]:
        text = self._site.get("/metrics")
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}


def percentile(before: Mapping[float, float], after: Mapping[float, float], q: float) -> float:
    """Below what a share `q` of what came in between lies: the upper bound of its bucket, or NaN.

    A value beyond the last finite bound is infinite.
    """
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = counts[max(counts)] if counts else 0.0
    return next((b for b, n in counts.items() if n >= q * total > 0), float("nan"))


def _bucket(name: str) -> str | None:
    found = re.fullmatch(r'sentivox_loop_lag_seconds_bucket\{le="(.+)"\}', name)
    return found[1] if found else None


def _family(pid: int) -> Iterator[int]:
    """A process and all below it; those that have ended meanwhile are left out."""
    try:
        children = (PROC / f"{pid}/task/{pid}/children").read_text().split()
        tasks = [t.name for t in (PROC / f"{pid}/task").iterdir() if t.name != str(pid)]
        for task in tasks:
            children += (PROC / f"{pid}/task/{task}/children").read_text().split()
    except OSError:
        return
    yield pid
    for child in children:
        yield from _family(int(child))


def _cpu(pid: int) -> float:
    """User and system time, seconds."""
    try:
        fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Bytes of memory; what several processes share, such as libraries, is divided among them."""
    try:
        lines = (PROC / f"{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
