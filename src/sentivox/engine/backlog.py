"""The utterances that wait for a worker process: fair between streams, and only while one helps."""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Final

from sentivox.engine.breaker import Breaker
from sentivox.engine.fair import FairQueue
from sentivox.stream.jobs import Failed, Result

KEPT_FREE_S: Final = 30.0
"""So long after somebody's last words a worker is kept free for his next."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pending:
    """One utterance to transcribe; `audio` is raw int16, a copy of the caller's.

    Attributes:
        stream: Whose it is.
        live: Somebody waits for it, unlike for a recording's.
        slack_s: How long it may wait.
        deadline_s: How long it may run.
    """

    audio: bytes
    language: str | None
    deadline_s: float
    stream: str = ""
    live: bool = False
    slack_s: float = 0.0
    future: Future[Result] = field(default_factory=Future[Result])
    since: float = field(default_factory=time.monotonic)

    def fail(self, reason: str) -> None:
        """Resolve it unserved, unless its owner has dropped it."""
        if self.future.set_running_or_notify_cancel():
            waited = (time.monotonic() - self.since) * 1000
            self.future.set_result(Result(Failed(reason), queue_ms=waited))


class Backlog:
    """A fair queue shared by all supervisors, behind a circuit breaker.

    `changed` guards the queue, the breaker and everything about the pool that others wait for; it
    is notified on every change.

    Args:
        breaker: Says whether jobs can be begun at all.
        workers: How many take jobs. While live streams talk, the others get all but one of them.
    """

    def __init__(self, breaker: Breaker, workers: int) -> None:
        self.changed = Condition()
        self.closed = False
        self.breaker = breaker
        self._queue: FairQueue[Pending] = FairQueue()
        self._shared = max(1, workers - 1)
        self._patient = 0  # jobs under way that nobody waits for
        self._kept_until = float("-inf")

    def __len__(self) -> int:
        """Jobs still wanted by their owners."""
        return len(self._wanted())

    def oldest_s(self) -> float:
        """How long the live job has waited that has waited longest; 0 where none does."""
        now = time.monotonic()
        return max((now - job.since for job in self._wanted() if job.live), default=0.0)

    def put(self, job: Pending) -> None:
        """Add a job; a closed backlog fails it at once."""
        with self.changed:
            if not self.closed:
                self._queue.put(job.stream, job.since + job.slack_s, job)
                if job.live:
                    self._kept_until = job.since + KEPT_FREE_S
                self.changed.notify_all()
                return
        job.fail("closed")

    def put_back(self, job: Pending) -> None:
        """Return a job that was taken but not begun; it is the next one."""
        with self.changed:
            self._queue.put_back(job.stream, job)
            self.abandon(job)

    def abandon(self, job: Pending) -> None:
        """Note that a job that was taken will not be begun."""
        with self.changed:
            self.breaker.abandon()
            self._over(job)

    def take(self, timeout: float) -> Pending | None:
        """The next job still wanted; None when there is none in time, or ever again.

        With the circuit half open only one is out at a time.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self._offers(), timeout)
            if not self._offers():
                return None
            while jobs := self._queue.take_like(self._may_begin, 1):
                if not jobs[0].future.cancelled():
                    self.breaker.begin(time.monotonic())
                    self._patient += not jobs[0].live
                    return jobs[0]
            return None

    def served(self, job: Pending, *, well: bool) -> None:
        """Note how a job that was taken ended; what waits fails where this opens the circuit."""
        with self.changed:
            self._over(job)
            if well:
                self.breaker.succeed()
            opened = not well and self.breaker.fail(time.monotonic())
        if opened:
            self.fail_all("asr_unavailable")

    def fail_all(self, reason: str) -> None:
        """Resolve every waiting job unserved."""
        with self.changed:
            jobs = self._queue.clear()
        for job in jobs:
            job.fail(reason)

    def close(self) -> None:
        """Take no more jobs, and fail those that wait."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.fail_all("closed")

    def _offers(self) -> bool:
        ready = any(self._may_begin(job) for job in self._queue)
        return ready and self.breaker.allows(time.monotonic())

    def _may_begin(self, job: Pending) -> bool:
        kept = time.monotonic() < self._kept_until
        return job.live or not kept or self._patient < self._shared

    def _over(self, job: Pending) -> None:
        self._patient -= not job.live
        self.changed.notify_all()

    def _wanted(self) -> list[Pending]:
        with self.changed:
            return [job for job in self._queue if not job.future.cancelled()]
