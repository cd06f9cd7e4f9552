"""The jobs that wait for a worker, first come first served."""

import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from sentivox.stream.jobs import Failed, Result


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pending:
    """One utterance to transcribe; `audio` is raw int16, a copy of the caller's."""

    audio: bytes
    language: str | None
    deadline_s: float
    future: Future[Result] = field(default_factory=Future[Result])
    since: float = field(default_factory=time.monotonic)

    def fail(self, reason: str) -> None:
        """Resolve it unserved, unless its owner has dropped it."""
        if self.future.set_running_or_notify_cancel():
            waited = (time.monotonic() - self.since) * 1000
            self.future.set_result(Result(Failed(reason), queue_ms=waited))


class Backlog:
    """A FIFO queue shared by all supervisors.

    `changed` guards the queue and everything about the pool that others wait for; it is
    notified on every change.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False
        self._waiting: deque[Pending] = deque()

    def __len__(self) -> int:
        """Jobs still wanted by their owners."""
        with self.changed:
            return sum(not job.future.cancelled() for job in self._waiting)

    def put(self, job: Pending) -> None:
        """Add a job at the end; a closed backlog fails it at once."""
        with self.changed:
            if not self.closed:
                self._waiting.append(job)
                self.changed.notify_all()
                return
        job.fail("closed")

    def put_back(self, job: Pending) -> None:
        """Return a job that was taken but not begun; it is the next one."""
        with self.changed:
            self._waiting.appendleft(job)
            self.changed.notify_all()

    def take(self, timeout: float) -> Pending | None:
        """The next job still wanted; None when there is none in time, or ever again."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self._waiting, timeout)
            while self._waiting:
                job = self._waiting.popleft()
                if not job.future.cancelled():
                    return job
            return None

    def fail_all(self, reason: str) -> None:
        """Resolve every waiting job unserved."""
        with self.changed:
            jobs = list(self._waiting)
            self._waiting.clear()
        for job in jobs:
            job.fail(reason)

    def close(self) -> None:
        """Take no more jobs, and fail those that wait."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.fail_all("closed")
