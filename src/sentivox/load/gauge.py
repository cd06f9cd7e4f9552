"""What a server uses: its processes' CPU and memory, and how late its loop wakes."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from sentivox.client.exposition import samples_of
from sentivox.client.http import Site
from sentivox.errors import ConnectionFailed

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class GaugeReading:
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

    def cores_since(self, before: "GaugeReading") -> float:
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
        self._pid = pid

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

    def read(self) -> GaugeReading:
        """Now.

        Raises:
            ConnectionFailed: /metrics does not answer.
        """
        samples = samples_of(self._site.get("/metrics"))
        lag = {
            float(dict(labels)["le"]): value
            for (name, labels), value in samples.items()
            if name == "sentivox_loop_lag_seconds_bucket"
        }
        if self._pid is None:
            cpu = samples["process_cpu_seconds_total", ()]
            rss = samples["process_resident_memory_bytes", ()]
        else:
            cpu, rss = _used(self._pid)
        return GaugeReading(time.monotonic(), cpu, rss / 1e6, lag)


def percentile(before: Mapping[float, float], after: Mapping[float, float], q: float) -> float:
    """Below what a share `q` of what came in between lies: the upper bound of its bucket, or NaN.

    A value beyond the last finite bound is infinite.
    """
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = counts[max(counts)] if counts else 0.0
    return next((b for b, n in counts.items() if n >= q * total > 0), float("nan"))


def _used(pid: int) -> tuple[float, float]:
    """CPU seconds and memory in bytes of a process and all below it.

    Memory that several processes share, such as libraries, is divided among them where the system
    tells. Processes that have ended meanwhile are left out.
    """
    cpu = resident = 0.0
    try:
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
    except psutil.Error:
        return cpu, resident
    for process in family:
        with suppress(psutil.Error):
            times = process.cpu_times()
            memory = process.memory_full_info()
            cpu += times.user + times.system
            resident += getattr(memory, "pss", memory.rss)
    return cpu, resident
