"""Tells a child process that hangs from one that is slowed down by a busy machine.

A deadline by the wall clock would kill healthy workers on a busy machine. Therefore the activity of
the process is checked. One that uses more CPU time than its work can need is in an endless loop,
and one that could run but uses none for long is stuck. A process that waits for a core, for the
disk or for its CPU quota is neither.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

POLL_INTERVAL_S: Final = 0.25
"""Seconds between checks of a process that has not answered yet."""

_LONGEST_STEP_S: Final = 2 * POLL_INTERVAL_S
"""Most seconds counted between two checks. A later check means that this process was held up, by a
busy or suspended machine or a paused container, and so the worker may have been, too."""

_ALIVE: Final = 1e-3
"""Share of a core above which a process counts as active. Deadlocked processes stay below it, even
if a thread of theirs wakes up now and then to check the time."""

_BLIND: Final = 10.0
"""Factor of the limits, applied to wall time, if the system gives no information on processes."""

_TICKS: Final = os.sysconf("SC_CLK_TCK")  # clock ticks per second in /proc


class Hung(Exception):  # noqa: N818  (says what it is)
    """A process hangs; the message says how that was detected."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Activity of a process.

    Attributes:
        cpu_s: CPU time of all its threads so far, in seconds.
        runnable: Whether a thread is running, or waiting for a core or its CPU quota.
        read: Major page faults plus bytes read so far; grows while the process loads something.
    """

    cpu_s: float
    runnable: bool
    read: int


def activity_of(pid: int) -> Vitals | None:
    """Read the activity of a process from /proc; None if it has ended or there is no /proc."""
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
    """The fields of a stat file, proc_pid_stat(5), from the third on, which is the state.

    The second field, the name, is skipped because it may contain spaces.
    """
    return stat.read_text().rpartition(")")[2].split()


def _bytes_read(process: Path) -> int:
    try:
        return int((process / "io").read_text().split()[1])  # rchar
    except PermissionError:
        return 0  # some containers hide it


class Watchdog:
    """Watches one process during one piece of work, which begins with the first call of `look`.

    Args:
        pid: Process id.
        cpu_s: CPU seconds that the work may take.
        still_s: Seconds for which the process may be inactive although it could run.
        look: Returns the activity of a process.
        clock: Returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        pid: int,
        cpu_s: float,
        still_s: float,
        *,
        look: Callable[[int], Vitals | None] = activity_of,
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
        self._waited_s = 0.0  # sum of the steps, each at most _LONGEST_STEP_S
        self._alive_at = 0.0

    def look(self) -> None:
        """Check the process. Call this every `POLL_INTERVAL_S` seconds while it does not answer.

        Raises:
            Hung: The process is in an endless loop, or stuck.
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
            return  # it has just ended, which its socket will show
        if (used := seen.cpu_s - self._began.cpu_s) > self._cpu_s:
            raise Hung(f"no answer after {used:.1f} s of processor time")
        gained = seen.cpu_s - self._alive.cpu_s
        if seen.runnable or seen.read != self._alive.read or gained > _ALIVE * self._still_s:
            self._alive, self._alive_at = seen, self._waited_s
        elif self._waited_s - self._alive_at > self._still_s:
            raise Hung(f"asleep for {self._waited_s - self._alive_at:.1f} s")
