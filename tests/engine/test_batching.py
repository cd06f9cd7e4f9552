"""Model threads: who gets what, together or alone, and what a failure costs."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from typing import Any

import numpy as np

from sentivox.engine.batching import MOST_WAITING, Call, Model, ModelThreads
from sentivox.stream.jobs import Failed
from sentivox.types import TextScores

LONG = 30.0


class Squares:
    """A model that remembers what it was given together, and can be held up."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.go = threading.Event()
        self.go.set()

    def classify(self, inputs: Sequence[int]) -> list[TextScores]:
        self.go.wait(LONG)
        self.calls.append(list(inputs))
        if -1 in inputs:
            raise ZeroDivisionError
        return [TextScores(np.array([n, n * n, 0], np.float32)) for n in inputs]


def call(model: Model, n: int, stream: str = "", *, live: bool = True) -> Call:
    return Call(model=model, input=n, stream=stream, live=live, slack_s=0.0)


def answer(future: Any) -> int | str:
    value = future.result(LONG).value
    return value.reason if isinstance(value, Failed) else int(value.sentiment[1])


def blocked(
    threads: ModelThreads, act: Callable[[Squares], list[Any]]
) -> tuple[Squares, list[Any]]:
    """What comes of calls that were all made while the one thread was busy."""
    gate, model = Squares(), Squares()
    gate.go.clear()
    busy = threads.submit(call(gate.classify, 0))
    while not busy.running():
        threading.Event().wait(0.005)
    futures = act(model)
    gate.go.set()
    wait([busy, *futures], LONG)
    return model, futures


def test_each_gets_its_own_result():
    threads = ModelThreads(3)
    model = Squares()
    futures = [threads.submit(call(model.classify, n, str(n % 7))) for n in range(200)]
    assert [answer(future) for future in futures] == [n * n for n in range(200)]
    threads.close()


def test_with_little_to_do_every_input_runs_by_itself():
    threads = ModelThreads(1, pays_from=3)
    model, _ = blocked(
        threads, lambda m: [threads.submit(call(m.classify, n, str(n))) for n in (1, 2)]
    )
    assert model.calls == [[1], [2]]
    threads.close()


def test_what_waits_for_one_model_goes_together_an_input_a_stream():
    threads = ModelThreads(1, pays_from=3)
    streams = [(1, "a"), (2, "a"), (3, "b"), (4, "c")]
    model, futures = blocked(
        threads, lambda m: [threads.submit(call(m.classify, n, stream)) for n, stream in streams]
    )
    # The first one's stream is asked last for its next.
    assert model.calls == [[1, 3, 4, 2]]
    assert [answer(future) for future in futures] == [1, 4, 9, 16]
    threads.close()


def test_another_models_inputs_wait_for_their_own_call():
    threads = ModelThreads(1, pays_from=2)
    other = Squares()

    def act(model: Squares) -> list[Any]:
        models = [model, other, model, other]
        return [threads.submit(call(m.classify, n, str(n))) for n, m in enumerate(models)]

    model, futures = blocked(threads, act)
    assert (model.calls, other.calls) == ([[0, 2]], [[1, 3]])
    assert [answer(future) for future in futures] == [0, 1, 4, 9]
    threads.close()


def test_an_input_that_fails_costs_its_neighbours_nothing():
    threads = ModelThreads(1, pays_from=2)
    model, futures = blocked(
        threads, lambda m: [threads.submit(call(m.classify, n, str(n))) for n in (1, -1, 3)]
    )
    assert [answer(future) for future in futures] == [1, "ZeroDivisionError", 9]
    assert model.calls == [[1, -1, 3], [1], [-1], [3]]
    threads.close()


def test_a_model_that_answers_too_little_has_failed():
    def forgetful(_: Sequence[int]) -> list[TextScores]:
        return []

    threads = ModelThreads(1)
    assert answer(threads.submit(call(forgetful, 1))) == "ValueError"
    threads.close()


def test_of_a_live_stream_the_oldest_goes_once_too_many_wait():
    threads = ModelThreads(1)
    asked = range(1, MOST_WAITING + 3)
    _, futures = blocked(
        threads, lambda m: [threads.submit(call(m.classify, n, "greedy")) for n in asked]
    )
    answers = [answer(future) for future in futures]
    assert answers == ["overloaded"] * 2 + [n * n for n in asked][2:]
    threads.close()


def test_a_recording_loses_nothing():
    threads = ModelThreads(1)
    _, futures = blocked(
        threads,
        lambda m: [
            threads.submit(call(m.classify, n, "file", live=False)) for n in range(MOST_WAITING + 9)
        ],
    )
    assert [answer(future) for future in futures] == [n * n for n in range(MOST_WAITING + 9)]
    threads.close()


def test_only_live_inputs_count_as_waiting():
    threads = ModelThreads(1)
    seen: list[float] = []

    def act(model: Squares) -> list[Any]:
        futures = [threads.submit(call(model.classify, 1, live=False))]
        seen.append(threads.oldest_s())
        futures.append(threads.submit(call(model.classify, 2)))
        threading.Event().wait(0.01)
        seen.append(threads.oldest_s())
        return futures

    blocked(threads, act)
    assert seen[0] == 0
    assert seen[1] >= 0.01
    assert threads.oldest_s() == 0
    threads.close()


def test_a_cancelled_input_is_not_run():
    threads = ModelThreads(1)

    def act(model: Squares) -> list[Any]:
        futures = [threads.submit(call(model.classify, n, str(n))) for n in (1, 2)]
        assert futures[0].cancel()
        return futures[1:]

    model, _ = blocked(threads, act)
    assert model.calls == [[2]]
    threads.close()


def test_closing_answers_what_waits_and_leaves_no_thread():
    before = set(threading.enumerate())
    threads = ModelThreads(2)
    gate = Squares()
    gate.go.clear()
    futures = [threads.submit(call(gate.classify, n, str(n))) for n in range(4)]
    while sum(future.running() for future in futures) < 2:
        threading.Event().wait(0.005)
    timer = threading.Timer(0.05, gate.go.set)
    timer.start()
    threads.close()
    timer.join()
    assert [answer(future) for future in futures] == [0, 1, "closed", "closed"]
    assert answer(threads.submit(call(gate.classify, 5))) == "closed"
    assert set(threading.enumerate()) == before
    assert len(gate.calls) == 2
