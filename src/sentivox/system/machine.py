"""The machine we run on, as far as speed depends on it."""

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


@dataclass(frozen=True, slots=True)
class Machine:
    """CPU model, those of its flags that matter here, and the cores this process may use."""

    cpu: str
    flags: list[str]
    cores: int


def this_machine() -> Machine:
    """The machine under us; outside Linux the flags are not known."""
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
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_limit(quota: Path = QUOTA) -> float:
    """Cores that may be used: those we may run on, or the container's share where that is less.

    Args:
        quota: Where version 2 of control groups says "MICROSECONDS PERIOD", or "max PERIOD".
    """
    share, _, period = quota.read_text().partition(" ") if quota.is_file() else ("max", "", "")
    cores = float(usable_cores())
    return min(cores, int(share) / int(period)) if share.isdigit() else cores
