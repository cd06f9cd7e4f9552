"""The machine that the process runs on, as far as speed depends on it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOTABLE: Final = (
    "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni",
    "amx_int8", "asimd", "asimddp", "i8mm",
)  # fmt: skip
"""CPU flags that decide how fast int8 and float32 models run (x86, then ARM)."""

QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Where control groups (version 2) state a container's CPU limit."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's CPU.

    Attributes:
        cpu: Name of the CPU model.
        flags: Those of its flags that are in NOTABLE.
        cores: Number of cores that this process may use.
    """

    cpu: str
    flags: list[str]
    cores: int


def this_machine() -> Machine:
    """Describe this machine; outside Linux the flags are not known."""
    about: dict[str, str] = {}
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            key, _, value = line.partition(":")
            about.setdefault(key.strip(), value.strip())
    flags = set((about.get("flags") or about.get("Features") or "").split())
    return Machine(
        cpu=about.get("model name") or platform.processor() or platform.machine(),
        flags=[flag for flag in NOTABLE if flag in flags],
        cores=usable_cores(),
    )


def usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_limit(quota: Path = QUOTA) -> float:
    """Return how many cores the process may use, which a container's limit can make a fraction.

    Args:
        quota: File that holds "MICROSECONDS PERIOD" or "max PERIOD".
    """
    share, _, period = quota.read_text().partition(" ") if quota.is_file() else ("max", "", "")
    cores = float(usable_cores())
    return min(cores, int(share) / int(period)) if share.isdigit() else cores
