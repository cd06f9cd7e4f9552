"""A session driven from ordinary, blocking code: the shell of recordings and the Python API."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue

from sentivox.engine.engine import Engine
from sentivox.protocol.events import Event
from sentivox.stream.jobs import AsrJob, Cancel, Job
from sentivox.stream.jobs import Result as JobResult
from sentivox.stream.session import Session
from sentivox.stream.stage import Output
from sentivox.system.machine import usable_cores
from sentivox.types import Int16Array

AHEAD = 4
"""Utterances a core that may wait for their words before a recording's audio waits for them."""

_LOOK_S = 0.25
"""How often whoever waits for a model is asked whether to go on."""

WINDOWS_AHEAD = 64
"""Tone windows and texts that may wait likewise; they keep copies of their features."""


class Runner:
    """Submits a session's jobs and hands their results back. One caller at a time.

    Args:
        engine: Where the jobs run.
        session: Whose jobs they are.
        go_on: Called at least every quarter of a second while a model is waited for; raises
            where nobody wants its result any more.

    Attributes:
        wake: Called from other threads whenever a job has ended and `poll` may have news.
    """

    def __init__(
        self, engine: Engine, session: Session, go_on: Callable[[], object] | None = None
    ) -> None:
        self._engine = engine
        self._session = session
        self._go_on = go_on
        self._ahead = AHEAD * usable_cores()
        self._running: dict[tuple[int, int], tuple[Job, Future[JobResult]]] = {}
        self._finished: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self.wake: Callable[[], object] | None = None

    @property
    def position(self) -> float:
        """Seconds of audio taken."""
        return self._session.position

    def feed(self, data: bytes) -> list[Event]:
        """Take the client's bytes; return what is ready, without waiting for a model."""
        return [*self._take(self._session.feed(data)), *self.poll()]

    def feed_pcm(self, pcm: Int16Array) -> Iterator[Event]:
        """Take samples, shape (channels, n); waits while too many utterances are behind."""
        yield from self._take(self._session.feed_pcm(pcm))
        yield from self.poll()
        while self._behind:
            yield from self._resolve(self._next_finished())

    def poll(self) -> list[Event]:
        """Events of the jobs that have finished meanwhile."""
        events: list[Event] = []
        while True:
            try:
                key = self._finished.get_nowait()
            except Empty:
                return events
            events += self._resolve(key)

    def finalize(self) -> list[Event]:
        """End open utterances now."""
        return self._take(self._session.finalize())

    def close(self) -> Iterator[Event]:
        """No more audio: wait for every job; Summary and Termination come last."""
        yield from self._take(self._session.close())
        while self._running:
            yield from self._resolve(self._next_finished())

    def abandon(self) -> None:
        """Drop the jobs that have not begun; nobody will ask for their results."""
        for _, future in self._running.values():
            future.cancel()
        self._running.clear()

    @property
    def _behind(self) -> bool:
        words = sum(isinstance(job, AsrJob) for job, _ in self._running.values())
        return words > self._ahead or len(self._running) - words > WINDOWS_AHEAD

    def _next_finished(self) -> tuple[int, int]:
        if self._go_on is None:
            return self._finished.get()
        while True:
            self._go_on()
            with suppress(Empty):
                return self._finished.get(timeout=_LOOK_S)

    def _take(self, outputs: Iterable[Output]) -> list[Event]:
        events: list[Event] = []
        for output in outputs:
            match output:
                case Event():
                    events.append(output)
                case Cancel():
                    self._drop((output.channel, output.job_id))
                case _:
                    self._submit(output)
        return events

    def _submit(self, job: Job) -> None:
        key = (job.channel, job.id)
        future = self._engine.submit(job, stream=self._session.numbering.session_id)
        self._running[key] = (job, future)
        future.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: tuple[int, int]) -> None:
        self._finished.put(key)
        if (wake := self.wake) is not None:
            wake()

    def _drop(self, key: tuple[int, int]) -> None:
        entry = self._running.pop(key, None)
        if entry is not None:
            entry[1].cancel()

    def _resolve(self, key: tuple[int, int]) -> list[Event]:
        entry = self._running.pop(key, None)
        if entry is None or entry[1].cancelled():
            return []
        return self._take(self._session.resolve(entry[0], entry[1].result()))
