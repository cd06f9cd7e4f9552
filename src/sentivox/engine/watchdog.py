"""Tells a process of ours that hangs from one that the machine keeps waiting.

A deadline by the clock kills healthy workers on a busy machine. What counts here is what the
process does: one that takes more processor time than its work can need is in an endless loop, and
one that could run but takes none for long is wedged. A process that waits for a core, for the
disk or for a share of a quota is neither.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.25
"""How often to look at a process that has not answered yet."""

_LONGEST_STEP_S: Final = 2 * LOOK_S
"""Time that passed between two looks counts for no more: whoever looks so late was held up itself,
by a busy machine, a suspended one or a paused container, and so may the worker have been."""

_ALIVE: Final = 1e-3
"""Share of a core above which a process is at work: below it are deadlocked processes too, in
which some thread wakes up now and then to look at a clock."""

_BLIND: Final = 10.0
"""Where the system does not tell what a process does, it may take so many times what it may use."""

_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Hung(Exception):  # noqa: N818  (says what it is)
    """A process will not finish; the text says by what that is known."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the system says of a process.

    Attributes:
        cpu_s: Processor time of all its threads, in seconds.
        runnable: A thread runs, or waits for a core or for its share of a quota.
        read: Page faults served from the disk and bytes read; grows while it loads something.
    """

    cpu_s: float
    runnable: bool
    read: int


def vitals(pid: int) -> Vitals | None:
    """Look at a process; None where the system does not tell, as without /proc."""
    process = Path(f"/proc/{pid}")
    try:
        of_all = _fields(process / "stat")
        threads = [_fields(thread / "stat")[0] for thread in (process / "task").iterdir()]
        read = int(of_all[9]) + _bytes_read(process)
    except (OSError, ValueError, IndexError):
        return None
    cpu_s = (int(of_all[11]) + int(of_all[12])) / _TICKS
    return Vitals(cpu_s, "R" in threads, read)


def _fields(stat: Path) -> list[str]:
    """Of proc_pid_stat(5), from the third, the state, on: the second may hold blanks."""
    return stat.read_text().rpartition(")")[2].split()


def _bytes_read(process: Path) -> int:
    try:
        return int((process / "io").read_text().split()[1])  # rchar
    except PermissionError:
        return 0  # some containers hide it


class Watchdog:
    """Watches one process during one piece of work, from its first look on.

    Args:
        pid: The process.
        cpu_s: Processor seconds that the work may take.
        still_s: How long the process may do nothing, though it would be let.
        look: Says what the process does.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        pid: int,
        cpu_s: float,
        still_s: float,
        *,
        look: Callable[[int], Vitals | None] = vitals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid = pid
        self._cpu_s = cpu_s
        self._still_s = still_s
        self._vitals = look
        self._clock = clock
        self._began: Vitals | None = None
        self._alive: Vitals | None = None
        self._looked: float | None = None
        self._waited_s = 0.0  # in steps that count
        self._alive_at = 0.0

    def look(self) -> None:
        """Look at the process; to be called every `LOOK_S` while it does not answer.

        Raises:
            Hung: It is in an endless loop, or wedged.
        """
        now = self._clock()
        if self._looked is None:
            self._began = self._alive = self._vitals(self._pid)
        else:
            self._waited_s += min(now - self._looked, _LONGEST_STEP_S)
        self._looked = now
        if self._began is None or self._alive is None:
            if self._waited_s > _BLIND * (self._cpu_s + self._still_s):
                raise Hung(f"no answer within {self._waited_s:.1f} s")
            return
        seen = self._vitals(self._pid)
        if seen is None:
            return  # it has just ended, which its socket tells
        if (used := seen.cpu_s - self._began.cpu_s) > self._cpu_s:
            raise Hung(f"no answer after {used:.1f} s of processor time")
        gained = seen.cpu_s - self._alive.cpu_s
        if seen.runnable or seen.read != self._alive.read or gained > _ALIVE * self._still_s:
            self._alive, self._alive_at = seen, self._waited_s
        elif self._waited_s - self._alive_at > self._still_s:
            raise Hung(f"asleep for {self._waited_s - self._alive_at:.1f} s")
