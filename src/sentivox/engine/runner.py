"""Drives a session from blocking code: the shell for recordings and the Python API."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

from sentivox.engine.backend import Submitter
from sentivox.engine.in_flight import LATE_S, InFlight, Key
from sentivox.engine.pace import Pace
from sentivox.protocol.events import Event, SpeechEnded
from sentivox.stream.jobs import Cancel, Failed, Job, JobResult
from sentivox.stream.session import Session
from sentivox.stream.stage import Output
from sentivox.system.machine import usable_cores
from sentivox.types import Int16Array

UTTERANCES_AHEAD_PER_CORE: Final = 4
"""Transcriptions per core that may be outstanding before a recording's audio has to wait."""

_LOOK_S: Final = 0.25
"""Seconds between calls of `go_on` while waiting for a model."""

WINDOWS_AHEAD: Final = 64
"""Other jobs that may be outstanding before audio has to wait; they hold copies of their inputs."""


class Runner:
    """Submits a session's jobs, and passes their results back. Not for concurrent callers.

    Args:
        backend: Runs the jobs.
        session: The session.
        go_on: Called at least every quarter of a second while waiting for a model. An exception
            from it cancels the wait, and is passed on.
        live: The audio arrives as it is spoken. Its jobs take precedence over those of recordings,
            and the tone is sent alone if the words are late. Audio that arrives faster is treated
            like a recording.
        clock: Returns seconds.

    Attributes:
        wake: Called from other threads whenever a job has ended, after which `poll` may return
            events.
    """

    def __init__(
        self,
        backend: Submitter,
        session: Session,
        go_on: Callable[[], object] | None = None,
        *,
        live: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._session = session
        self._go_on = go_on
        self._live = live
        self._clock = clock
        self._pace = Pace()
        self._fed = clock()
        self._ahead = UTTERANCES_AHEAD_PER_CORE * usable_cores()
        self._jobs = InFlight[tuple[Future[JobResult], bool]]()
        self._due: deque[tuple[float, Key]] = deque()  # (time when its words are late, utterance)
        self._finished: SimpleQueue[Key] = SimpleQueue()
        self.wake: Callable[[], object] | None = None

    @property
    def position(self) -> float:
        """Seconds of audio taken so far."""
        return self._session.position

    def feed(self, data: bytes) -> list[Event]:
        """Take the client's next bytes, and return new events, without waiting for a model."""
        before, waited = self.position, self._clock() - self._fed
        outputs = self._session.feed(data)
        self._pace.received(self.position - before, waited)
        events = [*self._take(outputs), *self.poll()]
        self._fed = self._clock()
        return events

    def feed_pcm(self, pcm: Int16Array) -> Iterator[Event]:
        """Take samples, shape (channels, n), int16 at 16 kHz; waits if too many jobs are open."""
        yield from self._take(self._session.feed_pcm(pcm))
        yield from self.poll()
        while self._behind:
            yield from self._next()

    def poll(self) -> list[Event]:
        """Events of jobs that have finished since, and of utterances whose words became late."""
        events: list[Event] = []
        with suppress(Empty):
            while True:
                events += self._resolve(self._finished.get_nowait())
        while self._due and self._due[0][0] <= self._clock():
            _, utterance = self._due.popleft()
            if self._jobs.delay(utterance):
                events += self._take(self._session.late(*utterance))
        return events

    def finalize(self) -> list[Event]:
        """End the utterances in progress now."""
        return self._take(self._session.finalize())

    def close(self) -> Iterator[Event]:
        """End the audio and wait for every job; the last events are Summary and Termination."""
        yield from self._take(self._session.close())
        while len(self._jobs):
            yield from self._next()

    def abandon(self) -> None:
        """Cancel all jobs that have not started; the session will not be continued."""
        for future, _ in self._jobs.clear():
            future.cancel()

    @property
    def _is_live(self) -> bool:
        """Whether jobs are submitted as live: the audio arrives as it is spoken."""
        return self._live and not self._pace.upload

    @property
    def _behind(self) -> bool:
        words = self._jobs.words
        return words > self._ahead or len(self._jobs) - words > WINDOWS_AHEAD

    def _next(self) -> list[Event]:
        """Wait until a job ends or words are late, and return the events."""
        while True:
            if self._go_on is not None:
                self._go_on()
            wait = None if self._go_on is None else _LOOK_S
            if self._due:
                left = max(0.0, self._due[0][0] - self._clock())
                wait = left if wait is None else min(wait, left)
            with suppress(Empty):
                return [*self._resolve(self._finished.get(timeout=wait)), *self.poll()]
            if events := self.poll():
                return events

    def _take(self, outputs: Iterable[Output]) -> list[Event]:
        events: list[Event] = []
        for output in outputs:
            match output:
                case Event():
                    events.append(output)
                    self._note(output)
                case Cancel():
                    self._drop(output)
                case _:
                    self._submit(output)
        return events

    def _note(self, event: Event) -> None:
        if isinstance(event, SpeechEnded) and not self._is_live:
            return
        if (utterance := self._jobs.note(event)) is not None:
            self._due.append((self._clock() + LATE_S, utterance))

    def _submit(self, job: Job) -> None:
        live = self._is_live
        future = self._backend.submit(job, stream=self._session.numbering.session_id, live=live)
        self._jobs.add(job, (future, live))
        key = (job.channel, job.id)
        future.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: Key) -> None:
        self._finished.put(key)
        if (wake := self.wake) is not None:
            wake()

    def _drop(self, cancel: Cancel) -> None:
        entry = self._jobs.take(cancel.channel, cancel.job_id)
        if entry is not None:
            entry[1][0].cancel()

    def _resolve(self, key: Key) -> list[Event]:
        entry = self._jobs.take(*key)
        if entry is None:
            return []
        job, (future, live) = entry
        if future.cancelled():
            return []
        result = future.result()
        if live and not self._is_live and isinstance(result.value, Failed):
            self._submit(job)  # the audio has turned out to be a recording, so try again
            return []
        return self._take(self._session.resolve(job, result))
