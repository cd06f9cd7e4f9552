"""Measure a server: CPU time and memory of its processes, and the lag of its event loop."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from sentivox.client.exposition import parse_metrics
from sentivox.client.http import Site
from sentivox.errors import ConnectionFailed

_POLL_S = 0.2  # between two checks whether the server is ready


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """A server's figures at one moment.

    Attributes:
        at: The moment, in seconds on this machine's monotonic clock.
        cpu_seconds: CPU time used so far.
        rss_mb: Resident memory in units of 10⁶ bytes; memory shared by its processes counts once.
        lag: Cumulative counts of the event loop's lag, by upper bound in seconds.
    """

    at: float
    cpu_seconds: float
    rss_mb: float
    lag: Mapping[float, float]

    def cores_since(self, before: "GaugeReading") -> float:
        """Return the average number of busy cores since an earlier reading."""
        return (self.cpu_seconds - before.cpu_seconds) / (self.at - before.at)


class ServerMonitor:
    """Reads the figures of one server.

    Args:
        site: The server's HTTP address.
        pid: Id of the server's process if it runs on this machine, so that its worker processes
            are counted too; None for the figures that the server reports of its main process.
    """

    def __init__(self, site: Site, pid: int | None) -> None:
        self._site = site
        self._pid = pid

    def wait_ready(self, within_s: float = 60.0) -> None:
        """Wait until the server accepts streams at full quality again, as after an overload.

        Raises:
            ConnectionFailed: it does not within `within_s` seconds.
        """
        until = time.monotonic() + within_s
        while (problem := self._unready()) is not None:
            if time.monotonic() > until:
                raise problem
            time.sleep(_POLL_S)

    def _unready(self) -> ConnectionFailed | None:
        """What a stream would now meet; None if the server is ready and as good as it can be."""
        try:
            self._site.get("/readyz")
            samples = parse_metrics(self._site.get("/metrics"))
        except ConnectionFailed as error:
            return error
        level = samples.get(("sentivox_degradation_level", ()), 0.0)
        if not level:
            return None
        return ConnectionFailed(f"the server is still overloaded: level {level:.0f}")

    def read(self) -> GaugeReading:
        """Read the figures of this moment.

        Raises:
            ConnectionFailed: /metrics does not answer.
        """
        samples = parse_metrics(self._site.get("/metrics"))
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
    """Return a percentile of the values that were counted between two readings of a histogram.

    Args:
        before: Cumulative counts by upper bound, at the first reading.
        after: The same at the second reading.
        q: Share of the values that lie below the percentile, 0…1.

    Returns:
        The upper bound of the bucket that it lies in: infinite for the last one, and NaN if
        nothing was counted.
    """
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = counts[max(counts)] if counts else 0.0
    return next((b for b, n in counts.items() if n >= q * total > 0), float("nan"))


def _used(pid: int) -> tuple[float, float]:
    """Return CPU seconds and memory in bytes of a process and all its descendants.

    Memory that several processes share, such as libraries, is divided among them if the system
    reports it. Processes that have ended meanwhile are left out.
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
