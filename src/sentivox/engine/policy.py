"""Limits of a worker pool, and the role of each of its workers."""

from dataclasses import dataclass

from sentivox.engine.backlog import JobFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """Limits of a worker pool: time, attempts and pauses.

    Limits are of CPU time, because work may take any wall time on a busy machine.

    Attributes:
        threads: Most threads of the numerical libraries in each worker.
        start_cpu_s: CPU seconds that a worker may take to load its model.
        still_s: Seconds for which a worker may be inactive, not counting waits due to load.
        backoff_s: Seconds of pause after a failed start, doubled after each further one.
        failed_starts: Number of failed starts in a row after which a worker rests.
        rest_s: Seconds of rest before the next attempt.
        cpu_s: CPU seconds that a job may take, apart from `cpu_per_s`.
        cpu_per_s: CPU seconds that it may take in addition per second of its audio.
        patience: Factor of both for jobs of recordings.
        tries: Most attempts at a job of a recording.
        failed_jobs: Number of jobs in a row with a worker that died or hung after which no job is
            started for `rest_s`, and then one as a trial.
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
        """CPU seconds that a job with so many seconds of audio may take."""
        return (self.cpu_s + self.cpu_per_s * seconds) * (1.0 if live else self.patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRole:
    """The role of one worker of a pool.

    Attributes:
        takes: Which jobs it takes.
        nice: Its niceness relative to this process, 0…19.
        parts_after_s: Seconds without work after which it ends, to be started again when there is
            work; None to keep it running.
    """

    takes: JobFilter = "all"
    nice: int = 0
    parts_after_s: float | None = None
