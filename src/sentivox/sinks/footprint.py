"""What the server takes of its machine, its recognisers included, and how much there is.

Prometheus' own figures are of one process; the recognisers run in others, and an alert on memory
or CPU must see all of them. Read from /proc and the control group, so on Linux only.
"""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentivox.system.machine import cpu_limit

_PROC = Path("/proc")
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
    """This moment's.

    Raises:
        OSError: There is no /proc.
    """
    own = os.getpid()
    ticks, pages = 0, 0
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name, second in the line, may hold blanks; it ends at the last parenthesis.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if own in (int(entry.name), int(fields[1])):
            ticks += int(fields[11]) + int(fields[12])
            pages += int(fields[21])
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Footprint(
        memory_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK") + ended.ru_utime + ended.ru_stime,
    )


def memory_limit() -> int:
    """Bytes that may be used: the machine's, or the container's where that is less."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    texts = [path.read_text().strip() for path in _MEMORY_LIMITS if path.is_file()]
    return min([whole, *(int(text) for text in texts if text.isdigit())])


class FootprintCollector(Collector):
    """Asked whenever somebody looks."""

    def describe(self) -> list[Metric]:
        """Nothing: their names are known without a look at /proc."""
        return []

    def collect(self) -> list[Metric]:
        """The families at this moment; none without /proc."""
        try:
            now = footprint()
        except OSError:
            return []
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
