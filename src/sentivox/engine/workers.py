"""Pools of worker processes for speech recognisers and speaker models.

Both are native code that gets arbitrary input. In processes of their own, a crash or hang costs one
utterance its words, or its speaker's name, and nothing else.
"""

import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sentivox.engine.backlog import Backlog, Pending
from sentivox.engine.breaker import Breaker, Circuit
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.policy import PoolPolicy, WorkerRole
from sentivox.engine.supervisor import Supervisor
from sentivox.engine.wire import Ready
from sentivox.errors import ModelError
from sentivox.stream.jobs import JobResult
from sentivox.types import SAMPLE_RATE, Int16Array

__all__ = ["PoolPolicy", "PoolStats", "WorkerPool"]

NICE: Final = 10
"""Niceness of all workers but the first, relative to the server: if all are busy, the server has
priority."""

UPLOAD_WORKER: Final = WorkerRole(takes="uploads", nice=19, parts_after_s=60.0)
"""Role of an additional worker, at the lowest priority, for uploads while live streams are active.
"""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """State of a pool at one moment.

    Attributes:
        alive: Number of workers with a loaded model, not counting the additional one for uploads.
        busy: Number of these that run a job.
        queued: Number of waiting jobs.
        oldest_s: Longest current wait of a live job, in seconds.
        restarts: Number of failed starts and replaced workers so far.
        error: Why a worker did not start; None if all did.
        circuit: "open" while jobs fail at once because workers keep dying, hanging or failing to
            start; "half_open" during a trial.
        opened: How often failing jobs have opened the circuit.
    """

    alive: int
    busy: int
    queued: int
    oldest_s: float
    restarts: int
    error: str | None
    circuit: Circuit
    opened: int


class WorkerPool:
    """Processes with the same recogniser or speaker model, behind one fair queue. Thread-safe.

    While live streams are active, half of the workers, and at least two, are reserved for them.
    Uploads have the others, and an additional worker that runs at the lowest priority while needed.
    A context manager that closes on exit.
    """

    def __init__(
        self, spec: TranscriberSpec, size: int = 1, *, policy: PoolPolicy | None = None
    ) -> None:
        """Start `size` workers; returns before they are ready.

        Args:
            spec: The model that they load.
            size: Number of workers, at least 1.
            policy: Limits and pauses.

        Raises:
            ValueError: `size` is below 1.
        """
        if size < 1:
            raise ValueError("a pool needs at least one worker")
        self._spec = spec
        self._policy = policy or PoolPolicy()
        self._breaker = Breaker(self._policy.failed_jobs, self._policy.rest_s)
        self._backlog = Backlog(self._breaker)
        kept = max(2, (size + 1) // 2)
        self._workers = [
            Supervisor(
                spec,
                self._policy,
                self._backlog,
                self._give_up,
                WorkerRole(takes="live" if number < kept else "all", nice=NICE if number else 0),
            )
            for number in range(size)
        ]
        spare = Supervisor(spec, self._policy, self._backlog, self._share, UPLOAD_WORKER)
        self._supervisors = [*self._workers, spare]
        for supervisor in self._supervisors:
            supervisor.start()

    def submit(
        self,
        audio: Int16Array,
        language: str | None,
        *,
        cpu_s: float | None = None,
        stream: str = "",
        live: bool = False,
        slack_s: float = 0.0,
        timed: bool = False,
    ) -> Future[JobResult]:
        """Queue one utterance for transcription, or for its voiceprint with a speaker model.

        Args:
            audio: Shape (n,), mono int16 at 16 kHz; copied.
            language: BCP-47 primary tag of the language, or None to detect it.
            cpu_s: CPU seconds that it may take; by default from the policy and the length of the
                audio.
            stream: Id of the stream it belongs to; streams take turns.
            live: It is of a live stream, whose client prefers no words to late ones. It is not
                tried again if a worker dies or hangs, and does not wait for resting workers.
            slack_s: Seconds that it may wait. Of a stream's jobs, the one due first starts first.
            timed: Report word times, if the recogniser supports it.

        Returns:
            A future that always resolves, in a thread of the pool, with a Result. Its value is a
            Transcript, a Voice or Failed, with the reason "crashed", "timeout", "asr_error: …",
            "voice_error: …", "unsupported_language", "asr_unavailable" (workers do not start, or
            keep dying) or "closed". Cancelling the future drops a job that still waits.
        """
        if cpu_s is None:
            cpu_s = self._policy.allowance(len(audio) / SAMPLE_RATE, live=live)
        # A copy: the caller's array may be a view of a ring buffer that is written to meanwhile.
        data = np.asarray(audio, np.int16).tobytes()
        job = Pending(
            audio=data,
            language=language,
            cpu_s=cpu_s,
            stream=stream,
            live=live,
            slack_s=slack_s,
            timed=timed,
        )
        if live and self.broken:
            job.fail("asr_unavailable")
        else:
            self._backlog.put(job)
        return job.future

    def wait_ready(self, timeout: float | None = None) -> Ready | None:
        """Wait until a worker is ready.

        Args:
            timeout: Most seconds to wait; None for no limit.

        Returns:
            What a worker reported on its model; None after the timeout, or if the pool is closed.

        Raises:
            ModelError: No worker starts.
        """
        with self._backlog.changed:
            self._backlog.changed.wait_for(
                lambda: self.about or self.broken or self._backlog.closed, timeout
            )
        if not self.about and self.broken:
            raise ModelError(f"the {self._spec.role} does not start: {self.stats().error}")
        return self.about

    @property
    def about(self) -> Ready | None:
        """Name, languages and abilities of the model; None until a worker has been ready once."""
        return next((s.ready for s in self._supervisors if s.ready), None)

    @property
    def broken(self) -> bool:
        """Whether live jobs fail at once, because no worker starts or all keep dying."""
        return self._circuit() == "open"

    def stats(self) -> PoolStats:
        """The current state of the pool."""
        with self._backlog.changed:
            states = [s.state for s in self._workers]
            errors = [s.error for s in self._supervisors if s.error]
            return PoolStats(
                alive=states.count("idle") + states.count("busy"),
                busy=states.count("busy"),
                queued=len(self._backlog),
                oldest_s=self._backlog.oldest_s(),
                restarts=sum(s.restarts for s in self._supervisors),
                error=errors[-1] if errors else None,
                circuit=self._circuit(),
                opened=self._breaker.opened,
            )

    def close(self, grace_s: float = 2.0) -> None:
        """End all workers. Waiting jobs fail at once; running ones get `grace_s` seconds."""
        until = time.monotonic() + grace_s
        self._backlog.close()
        for supervisor in self._supervisors:
            supervisor.interrupt(busy_too=False)
        for supervisor in self._supervisors:
            supervisor.join(max(0.0, until - time.monotonic()))
        for supervisor in self._supervisors:
            supervisor.interrupt(busy_too=True)
            supervisor.join()

    def _circuit(self) -> Circuit:
        if all(s.state == "resting" for s in self._workers):
            return "open"
        return self._breaker.state(time.monotonic())

    def _give_up(self) -> None:
        """Fail waiting jobs if no worker is left.

        Those of recordings wait nevertheless if a worker has started before and may do so again.
        """
        if self.broken:
            hopeless = all(worker.hopeless for worker in self._workers)
            self._backlog.give_up(live_only=self.about is not None and not hopeless)

    def _share(self) -> None:
        self._backlog.share(self._policy.rest_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
