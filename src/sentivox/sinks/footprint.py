"""What the server takes of its machine, its recognisers included, and how much there is.

Prometheus' own figures are of one process; the recognisers run in others, and an alert on memory
or CPU must see all of them.
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
    """Of this process and its children.

    `memory_bytes` is what is resident; pages that they share count once for each. `cpu_seconds`
    counts children that have ended too, so that it never falls.
    """

    memory_bytes: int
    cpu_seconds: float


def footprint() -> Footprint:
    """This moment's."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, cpu = 0, ended.ru_utime + ended.ru_stime
    own = psutil.Process()
    for process in (own, *own.children()):
        with suppress(psutil.Error), process.oneshot():  # it may have ended meanwhile
            times = process.cpu_times()
            memory += process.memory_info().rss
            cpu += times.user + times.system
    return Footprint(memory_bytes=memory, cpu_seconds=cpu)


def memory_limit() -> int:
    """Bytes that may be used: the machine's, or the container's where that is less."""
    whole = psutil.virtual_memory().total
    texts = [path.read_text().strip() for path in _MEMORY_LIMITS if path.is_file()]
    return min([whole, *(int(text) for text in texts if text.isdigit())])


class FootprintCollector(Collector):
    """Asked whenever somebody looks."""

    def describe(self) -> list[Metric]:
        """Nothing: their names are known without a look at the processes."""
        return []

    def collect(self) -> list[Metric]:
        """The families at this moment."""
        now = footprint()
        return [
            GaugeMetricFamily(
                "sentivox_memory_bytes", "Resident, recognisers included.", now.memory_bytes
            ),
            GaugeMetricFamily("sentivox_memory_limit_bytes", "May be used.", memory_limit()),
            CounterMetricFamily(
                "sentivox_cpu_seconds", "CPU time, recognisers included.", now.cpu_seconds
            ),
            GaugeMetricFamily("sentivox_cpu_limit_cores", "Cores that may be used.", cpu_limit()),
        ]
