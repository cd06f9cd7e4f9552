"""What runs the jobs of sessions, as far as shells know it. An engine is one; others may follow."""

from concurrent.futures import Future
from typing import Any, Protocol

from sentivox.audio.pcm import AudioFormat
from sentivox.engine.scheduler import Waits
from sentivox.protocol.begin import Limits
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import Job, Result
from sentivox.stream.session import Numbering, Session


class Submitter(Protocol):
    """Runs jobs. Never raises."""

    def submit(self, job: Job, *, stream: str = "", live: bool = False) -> Future[Result]:
        """Queue a job of a stream; the future always brings a Result, unless it is cancelled.

        Args:
            job: To be done.
            stream: Whose it is: streams take turns, whatever each asks for.
            live: Somebody waits for it.
        """
        ...


class Backend(Submitter, Protocol):
    """Opens sessions, runs their jobs, and tells what models it has."""

    @property
    def profile(self) -> str:
        """Name of the combination of models."""
        ...

    @property
    def broken(self) -> str | None:
        """In one line what keeps recognisers from working; or None."""
        ...

    def open(
        self,
        audio: AudioFormat | None = None,
        config: StreamConfig | None = None,
        *,
        limits: Limits | None = None,
        numbering: Numbering | None = None,
    ) -> Session:
        """A new session: see `Engine.open`."""
        ...

    def offered(self, config: StreamConfig) -> StreamConfig:
        """What can be had of it with these models: see `Engine.offered`."""
        ...

    def describe(self) -> dict[str, Any]:
        """The models in use, by their part."""
        ...

    def asr_stats(self) -> dict[str, Any] | None:
        """The transcribing processes at this moment; None without any."""
        ...

    def waits(self) -> Waits:
        """How far behind the workers are."""
        ...

    def close(self) -> None:
        """Stop; jobs that wait fail."""
        ...
