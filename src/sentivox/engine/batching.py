"""Threads that run small models for all streams, batching inputs where that is faster."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from sentivox.engine.fair import FairQueue
from sentivox.stream.jobs import Failed, JobResult

Model = Callable[[Sequence[Any]], Sequence[Any]]
"""Maps a batch of inputs to one result per input, in order, as `ToneClassifier.classify` does."""

MIN_BATCH: Final = 3
"""Smallest number of inputs for which a batch is faster than single calls
(`benchmarks/batching.py`)."""

MAX_BATCH: Final = 16
"""Most inputs per call. It bounds the time that inputs of other models wait for a thread."""

MOST_WAITING: Final = 64
"""Most waiting inputs of a live stream; beyond it, its oldest fails."""

_PARTING_S: Final = 2.0  # seconds to wait for each thread on closing


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """One input for a model, with the future of its result.

    Attributes:
        model: The model to call.
        input: Its input.
        stream: Id of the stream it belongs to; streams take turns.
        live: It is of a live stream. Only live inputs are dropped when too many wait: the shell of
            a recording limits their number itself.
        slack_s: Seconds that it may wait. Of a stream's inputs, the one due first is run first.
        future: Resolves with the result.
        since: Time of submission, on the monotonic clock, in seconds.
    """

    model: Model
    input: object
    stream: str
    live: bool
    slack_s: float
    future: Future[JobResult] = field(default_factory=Future[JobResult])
    since: float = field(default_factory=time.monotonic)

    def answer(self, value: object, queue_ms: float = 0.0, run_ms: float = 0.0) -> None:
        """Resolve the call with a result value."""
        self.future.set_result(JobResult(value, queue_ms=queue_ms, run_ms=run_ms))

    def fail(self, reason: str) -> None:
        """Resolve the call as failed without running it, unless its owner has cancelled it."""
        if self.future.set_running_or_notify_cancel():
            self.answer(Failed(reason), (time.monotonic() - self.since) * 1e3)


class ModelThreads:
    """A pool of threads with one fair queue of model inputs.

    A free thread takes its share of the inputs waiting for the same model as one batch, at most one
    input per stream. Under light load, every input runs at once by itself.

    Args:
        size: Number of threads. ONNX Runtime releases the interpreter lock, so one per core is
            useful.
        pays_from: Smallest size of a batch.
    """

    def __init__(self, size: int, pays_from: int = MIN_BATCH) -> None:
        self._size = size
        self._pays_from = pays_from
        self._changed = threading.Condition()
        self._queue: FairQueue[Call] = FairQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"sentivox-model-{n}", daemon=True)
            for n in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, call: Call) -> Future[JobResult]:
        """Queue a call.

        Returns:
            The call's future. It always resolves with a Result, unless it is cancelled. Reasons of
            `Failed` are "overloaded" (too many inputs of the stream wait), "closed", or the name of
            the exception that the model raised.
        """
        dropped: Call | None = None
        with self._changed:
            closed = self._closed
            if not closed:
                if call.live and self._queue.waiting(call.stream) >= MOST_WAITING:
                    dropped = self._queue.drop_oldest(call.stream)
                self._queue.put(call.stream, call.since + call.slack_s, call)
                self._changed.notify()
        if closed:
            call.fail("closed")
        if dropped is not None:
            dropped.fail("overloaded")
        return call.future

    def oldest_s(self) -> float:
        """Longest current wait of a live input, in seconds; 0 if none waits."""
        now = time.monotonic()
        with self._changed:
            return max((now - call.since for call in self._queue if call.live), default=0.0)

    def close(self) -> None:
        """Fail the waiting calls, and end the threads after their current calls."""
        with self._changed:
            self._closed = True
            waiting = self._queue.clear()
            self._changed.notify_all()
        for call in waiting:
            call.fail("closed")
        for thread in self._threads:
            thread.join(_PARTING_S)

    def _work(self) -> None:
        while calls := self._next():
            _run([call for call in calls if call.future.set_running_or_notify_cancel()])

    def _next(self) -> list[Call]:
        """Wait for the next batch of calls of one model; empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._queue)
            first = self._queue.take()
            if first is None:
                return []
            share = -(-(1 + len(self._queue)) // self._size)
            if share < self._pays_from:
                return [first]
            also = self._queue.take_like(
                lambda call: call.model == first.model, min(share, MAX_BATCH) - 1
            )
            return [first, *also]


def _run(calls: Sequence[Call]) -> None:
    """Run a batch and resolve its calls. If the model raises, run each call separately instead."""
    if not calls:
        return
    began = time.monotonic()
    try:
        values = calls[0].model([call.input for call in calls])
        answers = list(zip(calls, values, strict=True))
    except Exception as error:  # noqa: BLE001  (a model's error must not end the thread)
        if len(calls) > 1:
            for call in calls:
                _run([call])
            return
        answers = [(calls[0], Failed(type(error).__name__))]
    each_ms = (time.monotonic() - began) * 1e3 / len(calls)
    for call, value in answers:
        call.answer(value, queue_ms=(began - call.since) * 1e3, run_ms=each_ms)
