"""Speech recognisers and speaker models in processes that may crash or hang without harm.

Either is native code fed with whatever arrives; a fault in it costs one utterance its text, or
its speaker's name, and nothing else.
"""

import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sentivox.engine.backlog import Backlog, Pending
from sentivox.engine.breaker import Breaker, Circuit
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.policy import Duty, PoolPolicy
from sentivox.engine.supervisor import Supervisor
from sentivox.engine.wire import Ready
from sentivox.errors import ModelError
from sentivox.stream.jobs import Result
from sentivox.types import SAMPLE_RATE, Int16Array

__all__ = ["PoolPolicy", "PoolStats", "WorkerPool"]

NICE: Final = 10
"""All workers but the first have a lower priority, by so much, than it and the server have: where
they are all busy, the server itself has the machine first."""

SPARE: Final = Duty(takes="uploads", nice=19, parts_after_s=60.0)
"""One more worker, for uploads while live streams talk: it has what they leave of the machine."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """A pool at one moment.

    Attributes:
        alive: Workers with their model loaded, without the one for uploads beside live streams.
        busy: Those of them at work.
        queued: Jobs that wait.
        oldest_s: How long the live one has waited that has waited longest.
        restarts: Workers started in place of another, since the beginning.
        error: Why the last worker did not start; None when all did.
        circuit: "open" while jobs fail at once, as workers keep dying, hanging or not starting;
            "half_open" while one is tried.
        opened: How often jobs made it open.
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
    """N processes with the same model of speech, one fair queue. Every method is thread-safe.

    While live streams talk, half of them, and two at least, are theirs alone. Uploads have the
    others, and one more that is started for them at the lowest priority and ended after them.
    """

    def __init__(
        self, spec: TranscriberSpec, size: int = 1, *, policy: PoolPolicy | None = None
    ) -> None:
        """Start `size` workers; returns before they are ready."""
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
                Duty(takes="live" if number < kept else "all", nice=NICE if number else 0),
            )
            for number in range(size)
        ]
        spare = Supervisor(spec, self._policy, self._backlog, self._share, SPARE)
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
    ) -> Future[Result]:
        """Have one utterance transcribed.

        Args:
            audio: Mono int16 at 16 kHz, shape (samples,); copied.
            language: The language spoken, or None to detect it.
            cpu_s: Processor seconds that it may take; by default in proportion to the audio.
            stream: Whose it is: streams take turns.
            live: Somebody waits for it, and would rather have no words than late ones: it is not
                tried again where a worker dies or hangs, nor does it wait for workers that rest.
            slack_s: How long it may wait; of a stream's jobs the one due first is begun first.
            timed: The words' times are wanted too, where the recogniser can tell them.

        Returns:
            A future that always resolves (in a thread of the pool) with a Transcript, or with
            Failed: "crashed", "timeout", "asr_error: …", "unsupported_language",
            "asr_unavailable" (workers do not start, or keep dying) or "closed". Cancelling it
            drops a job that still waits.
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
        """Wait until a worker is ready; what it says of itself, or None when none is in time.

        Raises:
            ModelError: no worker starts.
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
        """Name and languages of the recogniser; None until a worker has been ready once."""
        return next((s.ready for s in self._supervisors if s.ready), None)

    @property
    def broken(self) -> bool:
        """True while live jobs fail at once: no worker starts, or all keep dying at work."""
        return self._circuit() == "open"

    def stats(self) -> PoolStats:
        """The pool at this moment."""
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
        """End all workers: waiting jobs fail at once, running ones get `grace_s` to finish."""
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
        """A worker rests. Recordings wait for the next try, where one has ever succeeded."""
        if self.broken:
            hopeless = all(worker.hopeless for worker in self._workers)
            self._backlog.give_up(live_only=self.about is not None and not hopeless)

    def _share(self) -> None:
        self._backlog.share(self._policy.rest_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
