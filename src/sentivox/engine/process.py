"""A worker process, as controlled by its parent."""

import msgspec

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.spawn import signal_name, spawn
from sentivox.engine.watchdog import Watchdog
from sentivox.engine.wire import Answer, NotAMessage, Ready, Task, WireClosed


class WorkerProcess:
    """A child process that runs a recogniser or speaker model, reached over a socket."""

    def __init__(self, spec: TranscriberSpec, threads: int, nice: int = 0) -> None:
        """Start the process.

        Args:
            spec: The model to load.
            threads: Most threads of its numerical libraries.
            nice: Its niceness relative to this process.

        Raises:
            OSError: The system cannot start another process.
        """
        argument = msgspec.json.encode(spec).decode()
        self._child = spawn("sentivox.engine.worker", argument, threads=threads, nice=nice)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._child.alive

    def wait_ready(self, cpu_s: float, still_s: float) -> Ready:
        """Wait until the model is loaded, or loading has failed (`Ready.error`).

        Args:
            cpu_s: CPU seconds that loading may take.
            still_s: Seconds for which the process may be inactive.

        Raises:
            Hung: The process exceeded a limit.
            WireClosed: It ended without a message.
        """
        return self._child.wire.receive(Ready, Watchdog(self.pid, cpu_s, still_s).look)

    def call(self, task: Task, cpu_s: float, still_s: float) -> Answer:
        """Run a task and wait for the answer.

        Args:
            task: The task.
            cpu_s: CPU seconds that it may take.
            still_s: Seconds for which the process may be inactive.

        Raises:
            Hung: The process exceeded a limit.
            WireClosed: It died.
            NotAMessage: It sent something other than the answer.
        """
        look = Watchdog(self.pid, cpu_s, still_s).look
        self._child.wire.send(task, look)
        answer = self._child.wire.receive(Answer, look)
        if answer.id != task.id:
            raise NotAMessage("an answer to another task")
        return answer

    def epitaph(self, end: WireClosed) -> str:
        """How the process ended, for the log; waits a while for it to end.

        Args:
            end: The error that ended the connection.
        """
        if isinstance(end, NotAMessage):
            return "sent invalid data"
        status = self._child.status()
        return "does not respond" if status is None else signal_name(status)

    def kill(self) -> None:
        """Kill the process; it has no state to save. Safe from any thread."""
        self._child.kill()

    def dispose(self) -> None:
        """Kill the process, wait for its end, and close the connection."""
        self._child.dispose()
