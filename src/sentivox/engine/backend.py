"""Interfaces through which shells open sessions and run their jobs; `Engine` implements them."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Protocol

from sentivox.audio.pcm import AudioFormat
from sentivox.engine.scheduler import Waits
from sentivox.protocol.begin import Limits
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import Job, JobResult
from sentivox.stream.session import Numbering, Session
from sentivox.types import Int16Array
from sentivox.voice.turns import Turns


class Submitter(Protocol):
    """Runs jobs."""

    def submit(self, job: Job, *, stream: str = "", live: bool = False) -> Future[JobResult]:
        """Queue a job. Never raises: failures are results with the value `Failed`.

        Args:
            job: The job to run.
            stream: Id of the stream it belongs to. Streams take turns, however many jobs each has.
            live: The job is of a live stream, whose client waits for its result.

        Returns:
            A future that always resolves with a Result, unless it is cancelled.
        """
        ...


class Backend(Submitter, Protocol):
    """Opens sessions, runs their jobs, and describes its models."""

    @property
    def profile(self) -> str:
        """Name of the combination of models."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """Primary tags of the languages that are recognised; empty without a recogniser."""
        ...

    @property
    def broken(self) -> str | None:
        """One line that says why speech recognition does not work; None if it does."""
        ...

    def open(
        self,
        audio: AudioFormat | None = None,
        config: StreamConfig | None = None,
        *,
        limits: Limits | None = None,
        numbering: Numbering | None = None,
        turns: Turns | None = None,
    ) -> Session:
        """Open a session; see `Engine.open`."""
        ...

    def find_turns(
        self,
        recording: Iterable[Int16Array],
        config: StreamConfig,
        go_on: Callable[[], object] | None = None,
    ) -> Turns:
        """Find out who speaks when in a recording of one channel; see `Engine.find_turns`."""
        ...

    def offered(self, config: StreamConfig) -> StreamConfig:
        """Reduce settings to what these models support; see `Engine.offered`."""
        ...

    def describe(self) -> dict[str, Any]:
        """Names of the models in use, by part; see `Engine.describe`."""
        ...

    def asr_stats(self) -> dict[str, Any] | None:
        """Current state of the recognition workers, as fields of `PoolStats`; None without any."""
        ...

    def waits(self) -> Waits:
        """The longest current waits of live jobs."""
        ...

    def close(self) -> None:
        """Stop all workers; waiting jobs fail."""
        ...
