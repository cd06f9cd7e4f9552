"""One worker process, seen from its parent."""

import time

import msgspec

from sentivox.asr.build import TranscriberSpec
from sentivox.engine.spawn import signal_name, spawn
from sentivox.engine.wire import Answer, Ready, Task, WireClosed


class WorkerProcess:
    """A child that transcribes, reached over a socket."""

    def __init__(self, spec: TranscriberSpec, threads: int, nice: int = 0) -> None:
        """Start it.

        Args:
            spec: Its recogniser.
            threads: Limit of its numerical libraries.
            nice: How much lower its priority is than ours.

        Raises:
            OSError: the system would not start another process.
        """
        argument = msgspec.json.encode(spec).decode()
        self._child = spawn("sentivox.engine.worker", argument, threads=threads, nice=nice)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """False once it has ended, for whatever reason."""
        return self._child.alive

    def wait_ready(self, timeout: float) -> Ready:
        """What it says once its model is loaded, or cannot be.

        Raises:
            TimeoutError: nothing within `timeout` seconds.
            WireClosed: it ended without a word.
        """
        return self._child.wire.receive(Ready, timeout)

    def call(self, task: Task, timeout: float) -> Answer:
        """Have it transcribe.

        Raises:
            TimeoutError: no answer within `timeout` seconds.
            WireClosed: it died, or answered nonsense.
        """
        until = time.monotonic() + timeout
        self._child.wire.send(task, timeout)
        answer = self._child.wire.receive(Answer, until - time.monotonic())
        if answer.id != task.id:
            raise WireClosed("an answer to another task")
        return answer

    def epitaph(self) -> str:
        """How it ended, for the log; it is given a moment to do so."""
        status = self._child.status()
        return "talks nonsense" if status is None else signal_name(status)

    def kill(self) -> None:
        """End it at once; it keeps nothing that would need saving. Safe from any thread."""
        self._child.kill()

    def dispose(self) -> None:
        """Kill it, wait until it is gone, and give back everything it held here."""
        self._child.dispose()
