"""The utterances that wait for a worker process: fair between streams, and only while one helps."""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Final, Literal

from sentivox.engine.breaker import Breaker
from sentivox.engine.fair import FairQueue
from sentivox.stream.jobs import Failed, Result

KEPT_FREE_S: Final = 30.0
"""So long after live words, the workers of live streams are kept free for the next."""

Takes = Literal["all", "live", "uploads"]
"""What a worker is for while live streams talk: whatever comes, what somebody waits for, or what
nobody does. While none talks, those for live streams take all, and those for uploads nothing."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pending:
    """One utterance to transcribe; `audio` is raw int16, a copy of the caller's.

    Attributes:
        stream: Whose it is.
        live: Somebody waits for it, unlike for a recording's.
        slack_s: How long it may wait.
        timed: The words' times are wanted too.
        cpu_s: Processor seconds that it may take.
        tries: How often it was begun and failed.
    """

    audio: bytes
    language: str | None
    cpu_s: float
    stream: str = ""
    live: bool = False
    slack_s: float = 0.0
    timed: bool = False
    future: Future[Result] = field(default_factory=Future[Result])
    since: float = field(default_factory=time.monotonic)
    tries: int = 0

    def begin(self) -> bool:
        """Mark it as begun; False where its owner has dropped it."""
        return self.tries > 0 or self.future.set_running_or_notify_cancel()

    def fail(self, reason: str) -> None:
        """Resolve it unserved, unless its owner has dropped it."""
        if self.begin():
            waited = (time.monotonic() - self.since) * 1000
            self.future.set_result(Result(Failed(reason), queue_ms=waited))


class Backlog:
    """A fair queue shared by all supervisors, behind a circuit breaker.

    While the circuit is open, live jobs fail at once. A recording's wait for the trial after it;
    where that fails too, its stream is given up: what waits of it fails, and for as long as the
    circuit stays open so does what follows.

    `changed` guards the queue, the breaker and everything about the pool that others wait for; it
    is notified on every change.
    """

    def __init__(self, breaker: Breaker) -> None:
        self.changed = Condition()
        self.closed = False
        self.breaker = breaker
        self._queue: FairQueue[Pending] = FairQueue()
        self._given_up: dict[str, float] = {}  # streams, and until when
        self._kept_from = self._kept_until = float("-inf")

    def __len__(self) -> int:
        """Jobs still wanted by their owners."""
        return len(self._wanted())

    def oldest_s(self) -> float:
        """How long the live job has waited that has waited longest; 0 where none does."""
        now = time.monotonic()
        return max((now - job.since for job in self._wanted() if job.live), default=0.0)

    def put(self, job: Pending) -> None:
        """Add a job, behind those of its stream; it may fail at once."""
        with self.changed:
            now = time.monotonic()
            given_up = now < self._given_up.get(job.stream, now)
            if not self.closed and not given_up:
                self._queue.put(job.stream, now + job.slack_s, job)
                if job.live:
                    self._kept_until = now + KEPT_FREE_S
                self.changed.notify_all()
                return
        job.fail("asr_unavailable" if given_up else "closed")

    def put_back(self, job: Pending) -> None:
        """Return a job that was taken but not begun; it is the next one."""
        with self.changed:
            self._queue.put_back(job.stream, job)
            self.abandon()

    def abandon(self) -> None:
        """Note that a job that was taken will not be begun."""
        with self.changed:
            self.breaker.abandon()
            self.changed.notify_all()

    def wait(self, timeout: float, takes: Takes) -> bool:
        """Wait until there is a job for such a worker; False when there is none in time."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self._offers(takes), timeout)
            return self._offers(takes)

    def take(self, timeout: float, takes: Takes = "all") -> Pending | None:
        """The next job still wanted; None when there is none in time, or ever again.

        With the circuit half open only one is out at a time.
        """
        with self.changed:
            if not self.wait(timeout, takes):
                return None
            while jobs := self._queue.take_like(lambda job: self._suits(job, takes), 1):
                if not jobs[0].future.cancelled():
                    self.breaker.begin(time.monotonic())
                    return jobs[0]
            return None

    def share(self, seconds: float) -> None:
        """For so long, let the workers of live streams take uploads too: nobody else does."""
        with self.changed:
            self._kept_from = time.monotonic() + seconds
            self.changed.notify_all()

    def served(self, job: Pending, *, well: bool) -> None:
        """Note how a job that was taken ended; where this opens the circuit, others may fail."""
        with self.changed:
            if well:
                self.breaker.succeed()
                self._given_up.clear()
            opened = not well and self.breaker.fail(time.monotonic(), again=job.tries > 0)
            self.changed.notify_all()
        if opened:
            self.give_up(job, live_only=self.breaker.in_vain == 1)

    def give_up(self, *others: Pending, live_only: bool) -> None:
        """Fail what waits as there are no workers for it: live jobs, or all of them.

        Args:
            others: Jobs that do not wait, but whose streams are given up with the rest.
            live_only: Let recordings wait.
        """
        with self.changed:
            jobs = self._queue.remove(lambda job: job.live or not live_only)
            if not live_only:
                now = time.monotonic()
                until = now + self.breaker.pause_s
                before = {stream: at for stream, at in self._given_up.items() if at > now}
                self._given_up = before | {job.stream: until for job in (*jobs, *others)}
        for job in jobs:
            job.fail("asr_unavailable")

    def close(self) -> None:
        """Take no more jobs, and fail those that wait."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            jobs = self._queue.clear()
        for job in jobs:
            job.fail("closed")

    def _offers(self, takes: Takes) -> bool:
        suited = any(self._suits(job, takes) for job in self._queue)
        return suited and self.breaker.allows(time.monotonic())

    def _suits(self, job: Pending, takes: Takes) -> bool:
        kept = self._kept_from <= time.monotonic() < self._kept_until
        match takes:
            case "all":
                return True
            case "live":
                return job.live or not kept
            case "uploads":
                return kept and not job.live

    def _wanted(self) -> list[Pending]:
        with self.changed:
            return [job for job in self._queue if not job.future.cancelled()]
