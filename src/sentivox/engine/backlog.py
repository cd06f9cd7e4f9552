"""The queue of utterances for worker processes: fair between streams, behind a circuit breaker."""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Final, Literal

from sentivox.engine.breaker import Breaker
from sentivox.engine.fair import FairQueue
from sentivox.stream.jobs import Failed, JobResult

KEPT_FREE_S: Final = 30.0
"""Seconds after the latest live job for which the workers of live streams take no uploads."""

JobFilter = Literal["all", "live", "uploads"]
"""The jobs that a worker takes while live streams are active: all, only live ones, or only those of
uploads. While none is active, "live" workers take all jobs, and "uploads" workers take none."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pending:
    """One utterance to transcribe, or to compute the voiceprint of.

    Attributes:
        audio: Mono int16 samples at 16 kHz, in the machine's byte order.
        language: BCP-47 primary tag; None to detect it.
        cpu_s: CPU seconds that the job may take.
        stream: Id of the stream it belongs to.
        live: It is of a live stream, whose client waits for the result.
        slack_s: Seconds that it may wait; sets its place among the jobs of its stream.
        timed: Report the times of the words.
        future: Resolves with the result.
        since: Time of submission, on the monotonic clock, in seconds.
        tries: Number of failed attempts.
    """

    audio: bytes
    language: str | None
    cpu_s: float
    stream: str = ""
    live: bool = False
    slack_s: float = 0.0
    timed: bool = False
    future: Future[JobResult] = field(default_factory=Future[JobResult])
    since: float = field(default_factory=time.monotonic)
    tries: int = 0

    def begin(self) -> bool:
        """Mark the job as running; False if its owner has cancelled it."""
        return self.tries > 0 or self.future.set_running_or_notify_cancel()

    def fail(self, reason: str) -> None:
        """Resolve the job as failed without running it, unless its owner has cancelled it."""
        if self.begin():
            waited = (time.monotonic() - self.since) * 1000
            self.future.set_result(JobResult(Failed(reason), queue_ms=waited))


class Backlog:
    """A fair queue shared by all supervisors, behind a circuit breaker.

    While the circuit is open, live jobs fail at once, and jobs of recordings wait for the trial
    after it. If that trial fails too, all waiting jobs fail and their streams are given up: further
    jobs of these streams fail for as long as the circuit stays open.

    Attributes:
        changed: Guards the queue, the breaker and all pool state that other threads wait for;
            notified on every change.
        closed: No more jobs are taken.
        breaker: The circuit breaker.
    """

    def __init__(self, breaker: Breaker) -> None:
        self.changed = Condition()
        self.closed = False
        self.breaker = breaker
        self._queue: FairQueue[Pending] = FairQueue()
        self._given_up: dict[str, float] = {}  # by stream: the time until which its jobs fail
        self._kept_from = self._kept_until = float("-inf")

    def __len__(self) -> int:
        """Number of waiting jobs that are not cancelled."""
        return len(self._wanted())

    def oldest_s(self) -> float:
        """Longest current wait of a live job, in seconds; 0 if none waits."""
        now = time.monotonic()
        return max((now - job.since for job in self._wanted() if job.live), default=0.0)

    def put(self, job: Pending) -> None:
        """Queue a job. It fails at once if the backlog is closed or its stream is given up."""
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
        """Return a job that was taken but not started to the front of the queue."""
        with self.changed:
            self._queue.put_back(job.stream, job)
            self.abandon()

    def abandon(self) -> None:
        """Note that a job that was taken will not be started."""
        with self.changed:
            self.breaker.abandon()
            self.changed.notify_all()

    def wait(self, timeout: float, takes: JobFilter) -> bool:
        """Wait until there is a job for such a worker; False after `timeout` seconds without."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self._offers(takes), timeout)
            return self._offers(takes)

    def take(self, timeout: float, takes: JobFilter = "all") -> Pending | None:
        """Take the next job that is not cancelled, waiting for one if necessary.

        While the circuit is half open, only one job at a time is handed out.

        Args:
            timeout: Seconds to wait.
            takes: Which jobs the worker takes.

        Returns:
            The job; None if there is none within `timeout`, or the backlog is closed.
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
        """Let the workers of live streams take uploads too, for so many seconds."""
        with self.changed:
            self._kept_from = time.monotonic() + seconds
            self.changed.notify_all()

    def served(self, job: Pending, *, well: bool) -> None:
        """Note how a job ended. If this opens the circuit, waiting jobs fail.

        Args:
            job: The job.
            well: Its worker survived it.
        """
        with self.changed:
            if well:
                self.breaker.succeed()
                self._given_up.clear()
            opened = not well and self.breaker.fail(time.monotonic(), again=job.tries > 0)
            self.changed.notify_all()
        if opened:
            self.give_up(job, live_only=self.breaker.in_vain == 1)

    def give_up(self, *others: Pending, live_only: bool) -> None:
        """Fail the waiting jobs, because no worker is available.

        Args:
            others: Jobs that are not waiting, whose streams are given up too.
            live_only: Fail live jobs only; otherwise fail all, and give up their streams.
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
        """Stop taking jobs, and fail those that wait."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            jobs = self._queue.clear()
        for job in jobs:
            job.fail("closed")

    def _offers(self, takes: JobFilter) -> bool:
        suited = any(self._suits(job, takes) for job in self._queue)
        return suited and self.breaker.allows(time.monotonic())

    def _suits(self, job: Pending, takes: JobFilter) -> bool:
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
