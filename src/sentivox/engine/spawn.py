"""Starting a Python process of our own that talks to us over a socket."""

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
"""From the end of its socket to its own end, on a busy machine."""

_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SECRET: Final = re.compile(r"(^|_)(TOKENS?|SECRET|(PG)?PASSWORD|CREDENTIALS|KEY|HEADERS)(_|$)")
"""In the names of variables that no child gets: it handles what strangers send."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that we started, and the connection to it.

    A plain subprocess rather than `multiprocessing`, whose spawn imports the user's main script
    again and so needs a `__main__` guard there, and whose fork breaks under threads.
    """

    wire: Wire
    _process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once it has ended, for whatever reason."""
        return self._process.poll() is None

    def status(self) -> int | None:
        """Its exit status, negative for a signal; it is given time to end. None: it lives."""
        try:
            return self._process.wait(_PARTING_S)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once; it keeps nothing that would need saving. Safe from any thread."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def dispose(self) -> None:
        """Kill it, wait until it is gone, and give back everything it held here."""
        self.kill()
        self._process.wait()
        self.wire.close()


def spawn(module: str, argument: str, *, threads: int = 1, nice: int = 0) -> Child:
    """Start `python -m module argument`, which is to call `child.begin` first.

    Args:
        module: Its full name.
        argument: Its one argument.
        threads: Limit of its numerical libraries.
        nice: How much lower its priority is than ours.

    Raises:
        OSError: the system would not start another process.
    """
    ours, theirs = socket.socketpair()
    # What native code prints is noise, unless somebody is looking for it.
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
    with contextlib.suppress(ProcessLookupError):  # it may be gone, which its first call tells
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, process.pid, min(19, own + nice))
    return Child(Wire(ours), process)


def signal_name(status: int) -> str:
    """How a process ended, from its exit status."""
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _environment(threads: int) -> dict[str, str]:
    """Ours without secrets, with this interpreter's import path, so it finds the same modules."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    open_ = {k: v for k, v in os.environ.items() if not _SECRET.search(k)}
    return {**open_, **dict.fromkeys(_THREAD_LIMITS, str(threads)), "PYTHONPATH": path}
