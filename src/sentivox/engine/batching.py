"""Threads that run small models for all streams, several inputs in a call where that pays."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from sentivox.engine.fair import FairQueue
from sentivox.stream.jobs import Failed, Result

Model = Callable[[Sequence[Any]], Sequence[Any]]
"""Such as `ToneClassifier.classify`: one result an input, in order."""

PAYS_FROM: Final = 3
"""Inputs that wait for a model from which on they are given to it together
(`benchmarks/batching.py`)."""

MAX_BATCH: Final = 16
"""Inputs a call at most: later ones, of another model too, wait until it is done."""

MOST_WAITING: Final = 64
"""Inputs of a live stream that may wait; then its oldest goes."""

_PARTING_S: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """One input of a model.

    Attributes:
        model: What is to be called.
        input: With what.
        stream: Whose it is: streams take turns.
        live: Somebody waits for it; a recording's shell holds itself back instead.
        slack_s: How long it may wait; of a stream's inputs the one due first is run first.
    """

    model: Model
    input: object
    stream: str
    live: bool
    slack_s: float
    future: Future[Result] = field(default_factory=Future[Result])
    since: float = field(default_factory=time.monotonic)

    def answer(self, value: object, queue_ms: float = 0.0, run_ms: float = 0.0) -> None:
        """Bring the result."""
        self.future.set_result(Result(value, queue_ms=queue_ms, run_ms=run_ms))

    def fail(self, reason: str) -> None:
        """Resolve it unserved, unless its owner has dropped it."""
        if self.future.set_running_or_notify_cancel():
            self.answer(Failed(reason), (time.monotonic() - self.since) * 1e3)


class ModelThreads:
    """A few threads with one fair queue.

    What waits for the same model when a thread comes free goes to it in one call, an input a
    stream; threads that are idle share. So with little to do every input runs by itself, at once.

    Args:
        size: Threads. ONNX Runtime releases the interpreter lock, so as many as cores pay.
        pays_from: Inputs from which on they go together.
    """

    def __init__(self, size: int, pays_from: int = PAYS_FROM) -> None:
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

    def submit(self, call: Call) -> Future[Result]:
        """Queue a call. Its future always resolves with a Result, unless it is cancelled.

        Failed: the name of what the model raised, "overloaded" (too many of its stream wait) or
        "closed".
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
        """How long the live input has waited that has waited longest; 0 where none does."""
        now = time.monotonic()
        with self._changed:
            return max((now - call.since for call in self._queue if call.live), default=0.0)

    def close(self) -> None:
        """Fail what waits, and end the threads once they have done what they are at."""
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
        """Calls of one model; none once closed."""
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
    """Answer all; where the model fails on some, each by itself, so that the others keep theirs."""
    if not calls:
        return
    began = time.monotonic()
    try:
        values = calls[0].model([call.input for call in calls])
        answers = list(zip(calls, values, strict=True))
    except Exception as error:  # noqa: BLE001  (a model that fails costs its own result only)
        if len(calls) > 1:
            for call in calls:
                _run([call])
            return
        answers = [(calls[0], Failed(type(error).__name__))]
    each_ms = (time.monotonic() - began) * 1e3 / len(calls)
    for call, value in answers:
        call.answer(value, queue_ms=(began - call.since) * 1e3, run_ms=each_ms)
