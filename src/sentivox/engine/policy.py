"""How patient a pool is with its workers, and what each of them is for."""

from dataclasses import dataclass

from sentivox.engine.backlog import Takes


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """How patient a pool is with its workers.

    Processor time is what counts: on a busy machine all work may take any time by the clock.

    Attributes:
        threads: Limit on the numerical libraries' threads in each worker.
        start_cpu_s: Processor seconds that a worker may take to load its model.
        still_s: How long a worker may do nothing, though the machine would let it.
        backoff_s: Pause after a failed start, doubled after each further one.
        failed_starts: This many failed starts in a row, and the worker rests.
        rest_s: How long it rests before the next try.
        cpu_s: Processor seconds that a job may take …
        cpu_per_s: … and so many more for each second of its audio.
        patience: So many times that, where nobody waits for the job.
        tries: How often such a job is tried.
        failed_jobs: This many jobs in a row whose worker died or hung, and no more are begun for
            `rest_s`; then one, as a trial.
    """

    threads: int = 1
    start_cpu_s: float = 60.0
    still_s: float = 60.0
    backoff_s: float = 0.25
    failed_starts: int = 3
    rest_s: float = 30.0
    cpu_s: float = 8.0
    cpu_per_s: float = 3.0
    patience: float = 4.0
    tries: int = 3
    failed_jobs: int = 5

    def allowance(self, seconds: float, *, live: bool) -> float:
        """Processor seconds for a job with so many seconds of audio."""
        return (self.cpu_s + self.cpu_per_s * seconds) * (1.0 if live else self.patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What one worker of a pool is for.

    Attributes:
        takes: Its share of the backlog.
        nice: How much lower its priority is than ours.
        parts_after_s: It is started when there is work for it, and ended after so long without;
            None: it is always there.
    """

    takes: Takes = "all"
    nice: int = 0
    parts_after_s: float | None = None
