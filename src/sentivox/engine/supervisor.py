"""A thread that keeps one worker process running, and gives it one job after another."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

import numpy as np

from sentivox.engine.backlog import Backlog, Pending
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.policy import PoolPolicy, WorkerRole
from sentivox.engine.process import WorkerProcess
from sentivox.engine.watchdog import Hung
from sentivox.engine.wire import Ready, Task, WireClosed
from sentivox.stream.jobs import Failed, JobResult
from sentivox.types import Transcript, Voiceprint

_log = logging.getLogger(__name__)
_LOOK_S = 0.5  # seconds between checks of an idle worker


NOT_RETRIED: Final = frozenset({"unsupported_language", "closed"})
"""Reasons of failures for which a job is not tried again."""

State = Literal["absent", "starting", "idle", "busy", "resting", "stopped"]
"""State of a worker: "absent" if it is not needed, "resting" if it fails to start."""


class Supervisor:
    """Owns one worker process: starts it, gives it jobs, and replaces it when it dies or hangs.

    Attributes:
        state: State of the worker.
        ready: What the worker reported when it last started; None before that.
        error: Why the last start failed; None if it succeeded.
        restarts: Number of failed starts and replacements so far.
    """

    def __init__(
        self,
        spec: TranscriberSpec,
        policy: PoolPolicy,
        backlog: Backlog,
        on_rest: Callable[[], None],
        duty: WorkerRole,
    ) -> None:
        """Prepare a worker; `start` starts it.

        Args:
            spec: The model that it loads.
            policy: Limits and pauses.
            backlog: The queue of its jobs.
            on_rest: Called when the worker rests after failed starts.
            duty: The role of the worker.
        """
        self._unstarted: State = "starting" if duty.parts_after_s is None else "absent"
        self.state: State = self._unstarted
        self.ready: Ready | None = None
        self.error: str | None = None
        self.restarts = 0
        self._spec = spec
        self._policy = policy
        self._backlog = backlog
        self._on_rest = on_rest
        self._duty = duty
        self._worker: WorkerProcess | None = None
        self._failures = 0
        self._tasks = 0
        self._idle_since = 0.0
        self._thread = threading.Thread(target=self._run, name="sentivox-pool", daemon=True)

    @property
    def hopeless(self) -> bool:
        """Whether the worker has rested and failed to start again after that."""
        return self._failures > self._policy.failed_starts

    def start(self) -> None:
        """Start the thread, and with it the worker."""
        self._thread.start()

    def interrupt(self, *, busy_too: bool) -> None:
        """Kill the worker, so that the thread ends soon. The backlog must be closed before.

        Args:
            busy_too: Kill it even while it runs a job.
        """
        with self._backlog.changed:
            if self._worker and (busy_too or self.state != "busy"):
                self._worker.kill()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most `timeout` seconds; not if it is this thread.

        The garbage collector runs in any thread, and so may close a pool in one of its own.
        """
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        takes, parts_after_s = self._duty.takes, self._duty.parts_after_s
        try:
            while not self._backlog.closed:
                if not self._worker and parts_after_s and not self._backlog.wait(_LOOK_S, takes):
                    continue
                worker = self._worker or self._launch()
                if worker and (job := self._backlog.take(_LOOK_S, takes)):
                    self._serve(worker, job)
                    self._idle_since = time.monotonic()
                elif worker and not worker.alive:
                    self._replace("died while idle")
                elif parts_after_s and time.monotonic() - self._idle_since > parts_after_s:
                    self._discard()
                    self._enter(self._unstarted)
        finally:
            self._discard()
            self._enter("stopped")

    def _launch(self) -> WorkerProcess | None:
        """Start a worker with its model loaded; None if that fails, after a growing pause."""
        self._enter("starting")
        try:
            ready = self._greet(WorkerProcess(self._spec, self._policy.threads, self._duty.nice))
        except OSError as problem:
            ready = Ready(name="", error=f"cannot be started ({problem})")
        if ready.error is None:
            self._failures, self.error, self.ready = 0, None, ready
            self._idle_since = time.monotonic()
            self._enter("idle")
            return self._worker
        self._discard()
        self._recover(ready.error)
        return None

    def _greet(self, worker: WorkerProcess) -> Ready:
        with self._backlog.changed:
            self._worker = worker
            if self._backlog.closed:  # it may have been closed before this worker could be killed
                worker.kill()
        try:
            return worker.wait_ready(self._policy.start_cpu_s, self._policy.still_s)
        except Hung as problem:
            return Ready(name="", error=f"hung during startup ({problem})")
        except WireClosed as end:
            return Ready(name="", error=f"died during startup ({worker.epitaph(end)})")

    def _recover(self, error: str) -> None:
        """Pause after a failed start: briefly, or for a rest if starts keep failing."""
        if self._backlog.closed:
            return
        self.error = error
        self.restarts += 1
        self._failures += 1
        pause = self._policy.backoff_s * 2.0 ** (self._failures - 1)
        if self._failures >= self._policy.failed_starts:
            _log.error("%s does not start: %s", self._spec.role, error)
            pause = self._policy.rest_s
            self._enter("resting")
            self._on_rest()
        with self._backlog.changed:
            self._backlog.changed.wait_for(lambda: self._backlog.closed, pause)

    def _serve(self, worker: WorkerProcess, job: Pending) -> None:
        if not worker.alive:  # it died while idle, so the job can go to another
            self._backlog.put_back(job)
            self._replace("died while idle")
            return
        if not job.begin():
            self._backlog.abandon()
            return
        self._enter("busy")
        began = time.monotonic()
        value, cpu_s = self._transcribe(worker, job)
        now = time.monotonic()
        # Set the state first: the receiver of the result may read the pool's statistics.
        self._enter("idle" if self._worker else self._unstarted)
        self._backlog.served(job, well=self._worker is not None)
        if isinstance(value, Failed) and value.reason not in NOT_RETRIED and self._may_again(job):
            self._backlog.put(replace(job, tries=job.tries + 1))
            return
        waited, ran = (began - job.since) * 1000, (now - began) * 1000
        job.future.set_result(JobResult(value, queue_ms=waited, run_ms=ran, cpu_ms=cpu_s * 1000))

    def _may_again(self, job: Pending) -> bool:
        """Whether to try a failed job again; a live one fails at once, as its client waits."""
        return not job.live and job.tries + 1 < self._policy.tries

    def _transcribe(
        self, worker: WorkerProcess, job: Pending
    ) -> tuple[Transcript | Voiceprint | Failed, float]:
        """The result of a job, and the CPU seconds that it took."""
        self._tasks += 1
        task = Task(id=self._tasks, language=job.language, audio=job.audio, timed=job.timed)
        try:
            answer = worker.call(task, job.cpu_s, self._policy.still_s)
        except Hung as problem:
            self._replace(f"hung ({problem})")
            return Failed("timeout"), 0.0
        except WireClosed as end:
            self._replace(f"died at work ({worker.epitaph(end)})")
            return Failed("closed" if self._backlog.closed else "crashed"), 0.0
        if answer.voiceprint is not None:
            return Voiceprint(np.asarray(answer.voiceprint, np.float32)), answer.cpu_s
        return answer.transcript or Failed(answer.failed or "crashed"), answer.cpu_s

    def _replace(self, why: str) -> None:
        if not self._backlog.closed:
            self.restarts += 1
            _log.warning("%s %s; starting another", self._spec.role, why)
        self._discard()

    def _discard(self) -> None:
        with self._backlog.changed:
            worker, self._worker = self._worker, None
        if worker:
            worker.dispose()

    def _enter(self, state: State) -> None:
        with self._backlog.changed:
            self.state = state
            self._backlog.changed.notify_all()
