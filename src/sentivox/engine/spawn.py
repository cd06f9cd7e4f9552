"""Starts a Python child process that is connected by a socket."""

import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sentivox.engine.wire import Wire

_log = logging.getLogger(__name__)
_PARTING_S: Final = 10.0
"""Seconds within which a process ends after closing its socket, even on a busy machine."""

_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SECRET: Final = re.compile(
    r"(^|_)(TOKENS?|SECRET|(PG)?PASSWORD|CREDENTIALS|KEY|HEADERS)(_|$)|^SENTIVOX_STORE$"
)
"""Names of environment variables withheld from children, as they process untrusted input."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child process, and the connection to it.

    It is a plain subprocess, because the spawn method of `multiprocessing` imports the user's main
    script again and so needs a `__main__` guard there, and its fork method is unsafe with threads.
    """

    wire: Wire
    _process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def status(self) -> int | None:
        """Wait for its end, at most 10 s.

        Returns:
            The exit status, negative for a signal; None if the process still runs.
        """
        try:
            return self._process.wait(_PARTING_S)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """Kill the process; it has no state to save. Safe from any thread."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def dispose(self) -> None:
        """Kill the process, wait for its end, and close the connection."""
        self.kill()
        self._process.wait()
        self.wire.close()


def spawn(module: str, argument: str, *, threads: int = 1, nice: int = 0) -> Child:
    """Start `python -m module argument`, a module that calls `child.begin` first.

    Args:
        module: Full name of the module.
        argument: Its only argument.
        threads: Most threads of its numerical libraries.
        nice: Its niceness relative to this process.

    Raises:
        OSError: The system cannot start another process.
    """
    ours, theirs = socket.socketpair()
    # Output of native code is shown only for debugging.
    quiet = None if _log.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, argument],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=quiet,
            env=_environment(threads),
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    with contextlib.suppress(ProcessLookupError):  # if it has ended, its first use will show that
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, process.pid, min(19, own + nice))
    return Child(Wire(ours), process)


def signal_name(status: int) -> str:
    """How a process ended: the name of the signal, or "exit status N"."""
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _environment(threads: int) -> dict[str, str]:
    """This process's environment without secrets, and with its import path as PYTHONPATH."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    open_ = {k: v for k, v in os.environ.items() if not _SECRET.search(k)}
    return {**open_, **dict.fromkeys(_THREAD_LIMITS, str(threads)), "PYTHONPATH": path}
