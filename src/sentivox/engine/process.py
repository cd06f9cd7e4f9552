"""One worker process, seen from its parent."""

import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from sentivox.asr.build import TranscriberSpec
from sentivox.engine.wire import Answer, Ready, Task, Wire, WireClosed

_log = logging.getLogger(__name__)
_PARTING_S = 0.5
_SECRET = re.compile(r"(^|_)(TOKENS?|SECRET|(PG)?PASSWORD|CREDENTIALS|KEY|HEADERS)(_|$)")
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerProcess:
    """A child that transcribes, reached over a socket.

    A plain subprocess rather than `multiprocessing`, whose spawn imports the user's main script
    again and so needs a `__main__` guard there, and whose fork breaks under threads.
    """

    def __init__(self, spec: TranscriberSpec, threads: int, nice: int = 0) -> None:
        """Start it.

        Args:
            spec: Its recogniser.
            threads: Limit of its numerical libraries.
            nice: How much lower its priority is than ours.

        Raises:
            OSError: the system would not start another process.
        """
        ours, theirs = socket.socketpair()
        # What the model's native code prints is noise, unless somebody is looking for it.
        quiet = None if _log.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "sentivox.engine.worker", _json(spec)],
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
        self._wire = Wire(ours)
        with contextlib.suppress(ProcessLookupError):  # it may be gone, which its first call tells
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, self._child.pid, min(19, own + nice))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """False once it has ended, for whatever reason."""
        return self._child.poll() is None

    def wait_ready(self, timeout: float) -> Ready:
        """What it says once its model is loaded, or cannot be.

        Raises:
            TimeoutError: nothing within `timeout` seconds.
            WireClosed: it ended without a word.
        """
        return self._wire.receive(Ready, timeout)

    def call(self, task: Task, timeout: float) -> Answer:
        """Have it transcribe.

        Raises:
            TimeoutError: no answer within `timeout` seconds.
            WireClosed: it died, or answered nonsense.
        """
        until = time.monotonic() + timeout
        self._wire.send(task, timeout)
        answer = self._wire.receive(Answer, until - time.monotonic())
        if answer.id != task.id:
            raise WireClosed("an answer to another task")
        return answer

    def epitaph(self) -> str:
        """How it ended, for the log; it is given a moment to do so."""
        try:
            status = self._child.wait(_PARTING_S)
        except subprocess.TimeoutExpired:
            return "talks nonsense"
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def kill(self) -> None:
        """End it at once; it keeps nothing that would need saving. Safe from any thread."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()

    def dispose(self) -> None:
        """Kill it, wait until it is gone, and give back everything it held here."""
        self.kill()
        self._child.wait()
        self._wire.close()


def _json(spec: TranscriberSpec) -> str:
    return msgspec.json.encode(spec).decode()


def _environment(threads: int) -> dict[str, str]:
    """Ours without its secrets, with this interpreter's import path.

    The child finds the same modules, but needs no token: its native code handles whatever
    audio arrives.
    """
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    limits = dict.fromkeys(_THREAD_LIMITS, str(threads))
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return {**kept, **limits, "PYTHONPATH": path}
