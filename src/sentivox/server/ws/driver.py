"""Runs the jobs of one Session from the event loop: submits, cancels and resolves them.

The Session does no I/O and knows neither clock nor threads. The Driver is its asyncio shell, which
also keeps its timers. All calls into the Session are made here, on the loop's thread.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Final

from sentivox.engine.backend import Submitter
from sentivox.engine.in_flight import InFlight, seconds_of
from sentivox.protocol.events import Event, SpeechEnded
from sentivox.sinks.log import log
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Cancel, Failed, Job, JobResult
from sentivox.stream.session import Session
from sentivox.stream.stage import Output

MAX_JOBS_AHEAD: Final = 32
"""Jobs in flight beyond which an upload's audio waits."""


class Driver:
    """One Session and its jobs in flight.

    Args:
        session: The session to run.
        backend: Runs its jobs.
        emit: Called with each event, in order.
        fail: Called with an exception raised by the Session, which is a bug; the driver has
            stopped by then.
        ran: Called with each job that was not cancelled, and its result.
        is_live: Returns whether the client is live, that is, waits for results as they come.
        late_s: Seconds after SpeechEnded after which a tone-only result goes out on its own.
        max_pending_asr_s: Seconds of speech that may wait for transcription; utterances of a live
            stream beyond that get no transcript.
    """

    def __init__(
        self,
        session: Session,
        backend: Submitter,
        emit: Callable[[Event], None],
        fail: Callable[[Exception], None],
        *,
        ran: Callable[[Job, JobResult], None],
        is_live: Callable[[], bool],
        late_s: float,
        max_pending_asr_s: float,
    ) -> None:
        self.session = session
        self.progress = asyncio.Event()
        """Set whenever a job ends; the waiting task clears it."""
        self._backend = backend
        self._emit = emit
        self._fail = fail
        self._ran = ran
        self._is_live = is_live
        self._late_s = late_s
        self._max_pending_asr_s = max_pending_asr_s
        self._jobs = InFlight[Future[JobResult]](max_pending_asr_s)
        self._timers: set[asyncio.TimerHandle] = set()
        self._level = Degradation.NONE
        self._loop = asyncio.get_running_loop()
        self._stopped = False

    @property
    def behind(self) -> bool:
        """Whether so much work is in flight that an upload should wait."""
        return self._jobs.words_s > self._max_pending_asr_s / 3 or len(self._jobs) > MAX_JOBS_AHEAD

    def degrade(self, level: Degradation) -> None:
        """Set the degradation level; at the highest, late transcriptions are given up."""
        self._level = level
        self._guarded(lambda: self.session.degrade(level))
        for utterance in self._jobs.late:
            self._do_without_words(utterance)

    def handle(self, outputs: Iterable[Output]) -> None:
        """Carry out the Session's outputs: emit events, submit and cancel jobs."""
        for output in outputs:
            match output:
                case Event():
                    self._emit(output)
                    # No timers for an upload: nobody waits for its next result.
                    if self._is_live() or not isinstance(output, SpeechEnded):
                        self._note(output)
                case Cancel():
                    self._cancel(output)
                case _:
                    self._submit(output)

    def give_up(self, reason: str) -> None:
        """Cancel all jobs in flight and resolve each as failed for this reason."""
        while (entry := self._jobs.take_any()) is not None:
            entry[1].cancel()
            self._resolve(entry[0], JobResult(Failed(reason)))

    def stop(self) -> None:
        """Cancel all jobs and timers and release the Session; no events follow."""
        self._stopped = True
        for future in self._jobs.clear():
            future.cancel()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.progress.set()
        self.session.release()

    def _submit(self, job: Job) -> None:
        live = self._is_live()
        if live and self._jobs.refuses(job):
            log("overloaded", level=logging.WARNING, pending_asr_s=self._jobs.words_s)
            self._loop.call_soon(self._resolve, job, JobResult(Failed("overloaded")))
            return
        seconds = seconds_of(job)
        self._jobs.words_s += seconds
        future = self._backend.submit(job, stream=self.session.numbering.session_id, live=live)
        self._jobs.add(job, future)

        def finished() -> None:
            self._jobs.words_s -= seconds
            self._finished(job, future, live=live)

        future.add_done_callback(lambda _: self._from_thread(finished))

    def _from_thread(self, act: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:
            return  # the loop has closed, so there is no client left

    def _finished(self, job: Job, future: Future[JobResult], *, live: bool) -> None:
        self.progress.set()
        # The session has already forgotten a cancelled job.
        if self._jobs.take(job.channel, job.id) is None or future.cancelled():
            return
        error = future.exception()
        if error is not None:
            log("job_failed", level=logging.ERROR, error=repr(error))
        result = JobResult(Failed("crashed")) if error else future.result()
        if live and not self._is_live() and isinstance(result.value, Failed):
            self._submit(job)  # the stream turned out to be an upload, which can wait for a retry
        else:
            self._resolve(job, result)

    def _resolve(self, job: Job, result: JobResult) -> None:
        self._ran(job, result)
        self._guarded(lambda: self.session.resolve(job, result))

    def _guarded(self, act: Callable[[], Iterable[Output]]) -> None:
        """Call the Session from a callback; an exception stops the driver and goes to `fail`."""
        if self._stopped:
            return
        try:
            self.handle(act())
        except Exception as error:  # noqa: BLE001  (a bug must end its session and no other)
            self.stop()
            self._fail(error)

    def _cancel(self, cancel: Cancel) -> None:
        waiting = self._jobs.take(cancel.channel, cancel.job_id)
        if waiting is not None:
            waiting[1].cancel()

    def _do_without_words(self, utterance: tuple[int, int]) -> None:
        """Under heavy load, give up transcriptions of a live stream that are late and not begun."""
        if self._level < Degradation.NO_LATE_WORDS or not self._is_live():
            return
        for job, future in self._jobs.transcriptions(utterance):
            if future.cancel():
                self._jobs.take(job.channel, job.id)
                self._resolve(job, JobResult(Failed("overloaded")))

    def _note(self, event: Event) -> None:
        """Track the utterance of this event; from its end on, time how late its transcript is."""
        utterance = self._jobs.note(event)
        if utterance is None:
            return

        def late() -> None:
            self._timers.discard(timer)
            if self._jobs.delay(utterance):
                self._do_without_words(utterance)
            self._guarded(lambda: self.session.late(*utterance))

        timer = self._loop.call_later(self._late_s, late)
        self._timers.add(timer)
