"""One worker process, seen from its parent."""

import msgspec

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.spawn import signal_name, spawn
from sentivox.engine.watchdog import Watchdog
from sentivox.engine.wire import Answer, NotAMessage, Ready, Task, WireClosed


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

    def wait_ready(self, cpu_s: float, still_s: float) -> Ready:
        """What it says once its model is loaded, or cannot be.

        Args:
            cpu_s: Processor seconds that it may take to load.
            still_s: How long it may do nothing.

        Raises:
            Hung: it took more.
            WireClosed: it ended without a word.
        """
        return self._child.wire.receive(Ready, Watchdog(self.pid, cpu_s, still_s).look)

    def call(self, task: Task, cpu_s: float, still_s: float) -> Answer:
        """Have it transcribe.

        Args:
            task: What.
            cpu_s: Processor seconds that it may take for it.
            still_s: How long it may do nothing.

        Raises:
            Hung: it took more.
            WireClosed: it died.
            NotAMessage: it answered nonsense.
        """
        look = Watchdog(self.pid, cpu_s, still_s).look
        self._child.wire.send(task, look)
        answer = self._child.wire.receive(Answer, look)
        if answer.id != task.id:
            raise NotAMessage("an answer to another task")
        return answer

    def epitaph(self, end: WireClosed) -> str:
        """How it ended, for the log; it is given time to do so, if it does.

        Args:
            end: What its socket told.
        """
        if isinstance(end, NotAMessage):
            return "talks nonsense"
        status = self._child.status()
        return "is silent" if status is None else signal_name(status)

    def kill(self) -> None:
        """End it at once; it keeps nothing that would need saving. Safe from any thread."""
        self._child.kill()

    def dispose(self) -> None:
        """Kill it, wait until it is gone, and give back everything it held here."""
        self._child.dispose()
