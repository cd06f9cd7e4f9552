"""Memory and CPU use of the server including its recogniser processes, and their limits.

Prometheus' standard process metrics cover one process only, but alerts on memory or CPU must
include the recogniser processes.
"""

import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentivox.system.machine import cpu_limit

_CGROUP = Path("/sys/fs/cgroup")
_MEMORY_LIMITS = (_CGROUP / "memory.max", _CGROUP / "memory" / "memory.limit_in_bytes")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Resource use of this process and its children.

    Attributes:
        memory_bytes: Resident memory; shared pages count once per process.
        cpu_seconds: CPU time, including children that have ended, so that it never falls.
    """

    memory_bytes: int
    cpu_seconds: float


def footprint() -> Footprint:
    """Measure the current resource use."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, cpu = 0, ended.ru_utime + ended.ru_stime
    own = psutil.Process()
    for process in (own, *own.children()):
        with suppress(psutil.Error), process.oneshot():  # a child may have ended meanwhile
            times = process.cpu_times()
            memory += process.memory_info().rss
            cpu += times.user + times.system
    return Footprint(memory_bytes=memory, cpu_seconds=cpu)


def memory_limit() -> int:
    """Bytes of memory that may be used: the machine's, or the container's limit if lower."""
    whole = psutil.virtual_memory().total
    texts = [path.read_text().strip() for path in _MEMORY_LIMITS if path.is_file()]
    return min([whole, *(int(text) for text in texts if text.isdigit())])


class FootprintCollector(Collector):
    """Prometheus collector that measures memory and CPU use at each scrape."""

    def describe(self) -> list[Metric]:
        """Return no metrics, so that registering does not measure the processes."""
        return []

    def collect(self) -> list[Metric]:
        """Measure, and return the metric families."""
        now = footprint()
        return [
            GaugeMetricFamily(
                "sentivox_memory_bytes", "Resident, recognisers included.", now.memory_bytes
            ),
            GaugeMetricFamily("sentivox_memory_limit_bytes", "Usable memory.", memory_limit()),
            CounterMetricFamily(
                "sentivox_cpu_seconds", "CPU time, recognisers included.", now.cpu_seconds
            ),
            GaugeMetricFamily("sentivox_cpu_limit_cores", "Usable CPU cores.", cpu_limit()),
        ]
