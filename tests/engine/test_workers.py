"""The worker pool against real processes that crash, hang, lie and vanish."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentivox.engine import workers
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import NICE, PoolPolicy, WorkerPool
from sentivox.errors import ModelError
from sentivox.stream.jobs import Failed
from sentivox.types import Transcript
from tests.engine.faulty import Order, order
from tests.processes import children

LONG = 30.0  # seconds no healthy test comes near
POLICY = PoolPolicy(backoff_s=0.01, failed_starts=2, rest_s=600.0, still_s=0.5, tries=1)
RECORDING = replace(POLICY, tries=3)


def spec(name: str = "Obedient", **options: Any) -> TranscriberSpec:
    return TranscriberSpec(f"tests.engine.faulty:{name}", options)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(spec(), 2, policy=POLICY) as pool:
        assert pool.wait_ready(LONG) is not None
        yield pool


def value(pool: WorkerPool, what: Order, number: int = 0, **options: Any) -> Any:
    return pool.submit(order(what, number), "en", **options).result(LONG).value


def starve(pid: int) -> None:
    """Let a process run for a quarter of the time."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.15)
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.05)


def end_pause(pool: WorkerPool) -> None:
    """Move the time at which the circuit opened into the past."""
    with pool._backlog.changed:
        assert pool._breaker._open_since is not None
        pool._breaker._open_since -= pool._breaker.pause_s


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_job_comes_back_with_its_audio_language_and_times(pool: WorkerPool) -> None:
    result = pool.submit(order(Order.ECHO, 7, extra=320_000), "en").result(LONG)
    assert result.value == Transcript("7 320002", "en", 0.5)
    assert result.run_ms > 0
    assert result.queue_ms >= 0
    assert pool.submit(order(Order.ECHO, 8), None).result(LONG).value == Transcript("8 2", "?", 0.5)


def test_a_recogniser_that_knows_no_times_is_not_asked_for_them(pool: WorkerPool) -> None:
    assert pool.about is not None
    assert not pool.about.timing
    assert value(pool, Order.ECHO, 7, timed=True) == Transcript("7 2", "en", 0.5)


def test_the_pool_says_what_it_runs(pool: WorkerPool) -> None:
    about = pool.wait_ready(LONG)
    assert about is not None
    assert (about.name, about.languages) == ("obedient/1", ["en"])


@pytest.mark.parametrize("size", [1, 3])
def test_all_workers_but_the_first_let_others_go_first(size: int) -> None:
    before = children()
    with WorkerPool(spec(), size, policy=POLICY) as pool:
        while pool.stats().alive < size:
            time.sleep(0.01)
        found = [os.getpriority(os.PRIO_PROCESS, pid) for pid in children() - before]
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert sorted(found) == [own, *[min(19, own + NICE)] * (size - 1)]


@pytest.mark.parametrize("size", [1, 2])
def test_uploads_have_a_worker_of_the_lowest_priority_while_live_streams_talk(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "UPLOAD_WORKER", replace(workers.UPLOAD_WORKER, parts_after_s=1.0))
    with WorkerPool(spec(), size, policy=POLICY) as pool:
        while pool.stats().alive < size:
            time.sleep(0.01)
        before = children()
        assert int(value(pool, Order.PID).text) in before
        assert int(value(pool, Order.PID, live=True).text) in before
        spare = int(value(pool, Order.PID).text)
        assert spare not in before
        assert os.getpriority(os.PRIO_PROCESS, spare) == 19
        assert int(value(pool, Order.PID, live=True).text) in before
        while spare in children():
            time.sleep(0.05)
        assert int(value(pool, Order.PID).text) not in {*before, spare}


def test_a_worker_that_comes_and_goes_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        workers, "UPLOAD_WORKER", replace(workers.UPLOAD_WORKER, parts_after_s=0.05)
    )
    open_before, others = descriptors(), children()  # other tests' may end meanwhile
    with WorkerPool(spec(), policy=POLICY) as pool:
        value(pool, Order.ECHO, live=True)
        processes = children() - others
        assert processes
        for _ in range(4):
            value(
                pool, Order.ECHO, live=True
            )  # the stream goes on talking, however slow the machine
            spare = int(value(pool, Order.PID).text)
            assert spare not in processes | others
            while spare in children():
                time.sleep(0.02)
        assert (children() - others, pool.stats().restarts) == (processes, 0)
    assert descriptors() == open_before


def test_uploads_do_not_wait_for_a_worker_that_does_not_start(tmp_path: Path) -> None:
    marker = tmp_path / "there"
    marker.touch()
    with WorkerPool(spec("Recovering", marker=str(marker)), policy=POLICY) as pool:
        usual = int(value(pool, Order.PID, live=True).text)
        marker.unlink()
        assert int(value(pool, Order.PID).text) == usual
        assert not pool.broken


def test_a_language_the_recogniser_lacks_is_refused(pool: WorkerPool) -> None:
    result = pool.submit(order(Order.ECHO), "zh").result(LONG)
    assert result.value == Failed("unsupported_language")


def test_a_pool_may_be_closed_in_a_thread_of_its_own() -> None:
    """As by the collector, where it finds there that an analysis was dropped."""
    pool = WorkerPool(spec(), 2, policy=POLICY)
    closed: Future[None] = Future()

    def close(_: object) -> None:
        try:
            pool.close()
            closed.set_result(None)
        except RuntimeError as error:
            closed.set_exception(error)

    pool.submit(order(Order.ECHO, 1), "en").add_done_callback(close)
    closed.result(LONG)


def test_the_audio_is_copied_at_once(pool: WorkerPool) -> None:
    audio = order(Order.ECHO, 7)
    future = pool.submit(audio, "en")
    audio[1] = 99
    assert future.result(LONG).value == Transcript("7 2", "en", 0.5)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (Order.SEGFAULT, "crashed"),
        (Order.KILL, "crashed"),
        (Order.EXIT, "crashed"),
        (Order.GARBAGE, "crashed"),
        (Order.RAISE, "asr_error: no such thing as 3"),
        (Order.NONSENSE, "asr_error: the recogniser returned NoneType"),
    ],
)
def test_a_misbehaving_job_costs_nobody_else_a_word(
    pool: WorkerPool, what: Order, reason: str
) -> None:
    before = [pool.submit(order(Order.ECHO, n), "en") for n in range(6)]
    bad = pool.submit(order(what, 3), "en")
    after = [pool.submit(order(Order.ECHO, n), "en") for n in range(6, 12)]
    assert bad.result(LONG).value == Failed(reason)
    heard = [future.result(LONG).value for future in before + after]
    assert heard == [Transcript(f"{n} 2", "en", 0.5) for n in range(12)]


@pytest.mark.parametrize("what", [Order.HANG, Order.BLOCK])
def test_a_worker_that_sleeps_for_ever_is_replaced(pool: WorkerPool, what: Order) -> None:
    restarts = pool.stats().restarts
    assert value(pool, what) == Failed("timeout")
    assert pool.stats().restarts == restarts + 1
    assert value(pool, Order.ECHO, 1) == Transcript("1 2", "en", 0.5)


def test_a_worker_that_loops_for_ever_is_replaced(pool: WorkerPool) -> None:
    restarts = pool.stats().restarts
    assert value(pool, Order.BURN, cpu_s=0.2) == Failed("timeout")
    assert pool.stats().restarts == restarts + 1
    assert value(pool, Order.ECHO, 1) == Transcript("1 2", "en", 0.5)


@pytest.mark.parametrize("live", [True, False])
def test_a_worker_that_the_machine_starves_is_left_to_its_work(*, live: bool) -> None:
    """It gets a quarter of a core at most, as it would beside others."""
    with WorkerPool(spec(), policy=replace(POLICY, still_s=LONG)) as pool:
        pid = int(value(pool, Order.PID).text)
        job = pool.submit(order(Order.WORK, 300), "en", cpu_s=0.6, live=live)
        began = time.monotonic()
        while not job.done():
            starve(pid)
        assert time.monotonic() - began > 0.6, "it was not starved at all"
        assert job.result().value == Transcript("300 2", "en", 0.5)
        assert pool.stats().restarts == 0


def test_a_stopped_worker_that_goes_on_in_time_is_left_to_its_work() -> None:
    with WorkerPool(spec(), policy=replace(POLICY, still_s=LONG)) as pool:
        pid = int(value(pool, Order.PID).text)
        os.kill(pid, signal.SIGSTOP)
        job = pool.submit(order(Order.ECHO, 5, extra=2_000_000), "en", cpu_s=0.5)
        time.sleep(1.5)
        assert not job.done()
        os.kill(pid, signal.SIGCONT)
        assert job.result(LONG).value == Transcript("5 2000002", "en", 0.5)
        assert pool.stats().restarts == 0


def test_a_stopped_worker_does_not_block_whoever_sends_to_it_for_ever() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        pid = int(value(pool, Order.PID).text)
        os.kill(pid, signal.SIGSTOP)
        audio = order(Order.ECHO, extra=2_000_000)  # more than a socket buffers
        assert pool.submit(audio, "en").result(LONG).value == Failed("timeout")
        assert int(value(pool, Order.PID).text) != pid


def test_what_native_code_prints_does_not_disturb_the_protocol(pool: WorkerPool) -> None:
    restarts = pool.stats().restarts
    assert value(pool, Order.PRINT, 5) == Transcript("5 2", "en", 0.5)
    assert pool.stats().restarts == restarts


def test_a_worker_killed_while_idle_is_replaced_before_the_next_job() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        pid = int(value(pool, Order.PID).text)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert int(value(pool, Order.PID).text) != pid
        assert pool.stats().restarts == 1


def test_workers_outlive_the_signals_of_their_process_group() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        pid = int(value(pool, Order.PID).text)
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert int(value(pool, Order.PID).text) == pid


def test_numerical_libraries_get_the_threads_allowed(pool: WorkerPool) -> None:
    assert value(pool, Order.ENVIRONMENT).text == "1"


def test_a_cancelled_job_in_the_queue_is_dropped() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        blocker = pool.submit(order(Order.HANG), "en")
        while not blocker.running():
            threading.Event().wait(0.02)
        dropped = pool.submit(order(Order.HANG), "en")
        kept = pool.submit(order(Order.ECHO, 4), "en")
        assert dropped.cancel()
        assert pool.stats().queued == 1
        assert blocker.result(LONG).value == Failed("timeout")
        assert kept.result(LONG).value == Transcript("4 2", "en", 0.5)
        assert kept.result().queue_ms > 50


@pytest.mark.parametrize(
    ("name", "error"),
    [("Unloadable", "the model is not here"), ("Mortal", "died during startup (SIGKILL)")],
)
def test_a_recogniser_that_never_starts_fails_jobs_at_once_with_the_reason(
    name: str, error: str
) -> None:
    with WorkerPool(spec(name), 2, policy=POLICY) as pool:
        early = pool.submit(order(Order.ECHO), "en")
        with pytest.raises(ModelError, match="does not start") as caught:
            pool.wait_ready(LONG)
        assert error in str(caught.value)
        assert early.result(LONG).value == Failed("asr_unavailable")
        late = pool.submit(order(Order.ECHO), "en")
        assert late.done()
        assert late.result().value == Failed("asr_unavailable")
        stats = pool.stats()
        assert (stats.alive, stats.queued, stats.restarts) == (0, 0, 4)
        assert stats.error == error


def test_an_interpreter_that_does_not_start_is_a_failed_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = descriptors()
    with (
        WorkerPool(spec(), policy=POLICY) as pool,
        pytest.raises(ModelError, match=r"cannot be started .*/nowhere/python"),
    ):
        pool.wait_ready(LONG)
    assert descriptors() == before


@pytest.mark.parametrize(
    ("loops", "why"), [(False, r"asleep for \d"), (True, r"after \d\S* s of processor time")]
)
def test_a_recogniser_that_loads_for_ever_is_a_failed_start(why: str, *, loops: bool) -> None:
    policy = replace(POLICY, start_cpu_s=1.0, failed_starts=1)
    with (
        WorkerPool(spec("Slow", loops=loops), policy=policy) as pool,
        pytest.raises(ModelError, match=r"hung during startup \(.*" + why),
    ):
        pool.wait_ready(LONG)


def test_a_recogniser_that_loads_slowly_on_a_busy_machine_is_waited_for() -> None:
    policy = replace(POLICY, start_cpu_s=3.0, still_s=LONG)
    before = children()
    with WorkerPool(spec("Laborious", seconds=0.8), policy=policy) as pool:
        while not (started := children() - before):
            time.sleep(0.01)
        [pid] = started
        began = time.monotonic()
        while pool.stats().alive == 0 and pool.stats().error is None:
            starve(pid)
        assert time.monotonic() - began > 3.0, "it was not starved at all"
        assert value(pool, Order.PID).text == str(pid)


def test_a_broken_pool_tries_again_and_recovers(tmp_path: Path) -> None:
    marker = tmp_path / "model"
    policy = PoolPolicy(backoff_s=0.01, failed_starts=1, rest_s=0.05)
    with WorkerPool(spec("Recovering", marker=str(marker)), policy=policy) as pool:
        with pytest.raises(ModelError):
            pool.wait_ready(LONG)
        marker.touch()
        while pool.stats().alive == 0:
            threading.Event().wait(0.02)
        assert value(pool, Order.ECHO, 2) == Transcript("2 2", "en", 0.5)
        assert pool.stats().error is None


def test_an_unknown_recogniser_is_named() -> None:
    with (
        WorkerPool(TranscriberSpec("sphinx"), policy=POLICY) as pool,
        pytest.raises(ModelError, match="no speech recogniser is called 'sphinx'"),
    ):
        pool.wait_ready(LONG)


def test_each_worker_loads_its_model_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with WorkerPool(spec("Counting", log=str(log)), 2, policy=POLICY) as pool:
        wait([pool.submit(order(Order.ECHO), "en") for _ in range(20)], LONG)
        while pool.stats().alive < 2:
            threading.Event().wait(0.02)
    assert log.read_text() == "loaded\n" * 2


def test_close_leaves_no_process_thread_or_descriptor() -> None:
    before = (threading.active_count(), descriptors(), children())
    pool = WorkerPool(spec(), 2, policy=replace(POLICY, still_s=600.0))
    running = [pool.submit(order(Order.HANG), "en") for _ in range(2)]
    waiting = [pool.submit(order(Order.ECHO), "en") for _ in range(4)]
    while pool.stats().busy < 2:
        threading.Event().wait(0.02)
    pool.close(grace_s=0.1)
    assert [future.result(0).value for future in running + waiting] == [Failed("closed")] * 6
    assert pool.submit(order(Order.ECHO), "en").result(0).value == Failed("closed")
    assert (threading.active_count(), descriptors(), children()) == before
    pool.close()


def test_close_lets_a_running_job_finish() -> None:
    pool = WorkerPool(spec(), policy=POLICY)
    pool.wait_ready(LONG)
    running = pool.submit(order(Order.ECHO, 6, extra=5_000_000), "en")
    while not running.running() and not running.done():
        threading.Event().wait(0.001)
    pool.close(grace_s=LONG)
    assert running.result(0).value == Transcript("6 5000002", "en", 0.5)


def test_close_does_not_wait_for_a_worker_that_is_still_starting() -> None:
    before, threads = children(), set(threading.enumerate())
    pool = WorkerPool(spec("Slow"), 2, policy=POLICY)
    while len(children() - before) < 2:
        threading.Event().wait(0.02)
    pool.close(grace_s=LONG)
    assert children() == before
    assert set(threading.enumerate()) == threads


SCRIPT = """
import os, sys
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from tests.engine.faulty import Order, order

pool = WorkerPool(TranscriberSpec("tests.engine.faulty:Obedient"))
print(pool.submit(order(Order.PID), "en").result().value.text, flush=True)
if sys.argv[1] != "end":
    future = pool.submit(order(Order[sys.argv[1]]), "en")
    while not future.running():
        pass
    print("running", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("ending", ["end", "HANG", "BLOCK"])
def test_workers_die_with_a_script_that_has_no_main_guard(tmp_path: Path, ending: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, str(script), ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        if ending != "end":
            assert parent.stdout.readline() == "running\n"
            parent.kill()
        try:
            assert select.select([worker], [], [], LONG)[0], "the worker outlived its parent"
        finally:
            os.close(worker)


def test_a_pool_has_at_least_one_worker() -> None:
    with pytest.raises(ValueError, match="at least one"):
        WorkerPool(spec(), 0)


def test_an_empty_utterance_reaches_the_recogniser(pool: WorkerPool) -> None:
    result = pool.submit(np.zeros(0, np.int16), "en").result(LONG)
    assert isinstance(result.value, Failed)
    assert result.value.reason.startswith("asr_error: ")


def test_workers_that_keep_dying_are_left_alone_then_tried_once() -> None:
    policy = replace(POLICY, failed_jobs=3)
    with WorkerPool(spec(), 2, policy=policy) as pool:
        assert [value(pool, Order.KILL) for _ in range(3)] == [Failed("crashed")] * 3
        assert (pool.stats().circuit, pool.stats().opened, pool.broken) == ("open", 1, True)
        late = pool.submit(order(Order.ECHO), "en", live=True)
        assert late.done()
        assert late.result().value == Failed("asr_unavailable")
        end_pause(pool)
        assert pool.stats().circuit == "half_open"
        assert value(pool, Order.KILL) == Failed("crashed")
        assert pool.stats().opened == 2
        end_pause(pool)
        assert value(pool, Order.ECHO, 4, stream="another") == Transcript("4 2", "en", 0.5)
        assert (pool.stats().circuit, pool.broken) == ("closed", False)


def test_live_jobs_that_wait_when_the_circuit_opens_do_not_wait_longer() -> None:
    policy = replace(POLICY, failed_jobs=1)
    with WorkerPool(spec(), policy=policy) as pool:
        hanging = pool.submit(order(Order.HANG), "en", live=True)
        while not hanging.running():
            threading.Event().wait(0.01)
        waiting = [pool.submit(order(Order.ECHO), "en", stream=s, live=True) for s in "ab"]
        assert hanging.result(LONG).value == Failed("timeout")
        assert [f.result(LONG).value for f in waiting] == [Failed("asr_unavailable")] * 2


def test_during_the_trial_others_wait_for_its_outcome() -> None:
    policy = replace(POLICY, failed_jobs=1, rest_s=0.2)
    with WorkerPool(spec(), 2, policy=policy) as pool:
        assert value(pool, Order.EXIT) == Failed("crashed")
        while (now := pool.stats()).alive < 2 or now.circuit != "half_open":
            threading.Event().wait(0.02)
        trial = pool.submit(order(Order.HANG), "en", live=True)
        while not trial.running():
            threading.Event().wait(0.01)
        other = pool.submit(order(Order.ECHO, 3), "en", live=True)
        threading.Event().wait(0.2)
        assert not other.running()
        assert trial.result(LONG).value == Failed("timeout")
        assert other.result(LONG).value == Failed("asr_unavailable")


def test_recognisers_that_raise_are_no_reason_to_stop_trying() -> None:
    with WorkerPool(spec(), policy=replace(POLICY, failed_jobs=2)) as pool:
        for _ in range(4):
            assert str(value(pool, Order.RAISE).reason).startswith("asr_error")
        assert pool.stats().circuit == "closed"


def test_streams_take_turns() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        gate = pool.submit(order(Order.HANG), "en")
        while not gate.running():
            threading.Event().wait(0.01)
        done: list[str] = []
        asked = ["greedy"] * 5 + ["b", "c"]
        futures = [pool.submit(order(Order.ECHO), "en", stream=name) for name in asked]
        for name, future in zip(asked, futures, strict=True):
            future.add_done_callback(lambda _, name=name: done.append(name))
        wait(futures, LONG)
        assert done == ["greedy", "b", "c", *["greedy"] * 4]


def test_only_live_jobs_count_as_waiting() -> None:
    with WorkerPool(spec(), policy=POLICY) as pool:
        gate = pool.submit(order(Order.HANG), "en")
        while not gate.running():
            threading.Event().wait(0.01)
        futures = [pool.submit(order(Order.ECHO), "en", live=False)]
        assert pool.stats().oldest_s == 0
        futures.append(pool.submit(order(Order.ECHO), "en", live=True))
        threading.Event().wait(0.05)
        assert pool.stats().oldest_s >= 0.05
        wait(futures, LONG)
        assert pool.stats().oldest_s == 0


def test_the_kernel_takes_a_worker_before_the_server(pool: WorkerPool) -> None:
    pid = int(value(pool, Order.PID).text)
    ours, theirs = (Path(f"/proc/{who}/oom_score_adj").read_text() for who in ("self", pid))
    assert int(theirs) == 500 >= int(ours)


def test_what_a_job_takes_of_a_core_is_known(pool: WorkerPool) -> None:
    result = pool.submit(order(Order.ECHO, extra=100), "en").result(LONG)
    assert 0 < result.cpu_ms < LONG * 1e3


@pytest.mark.parametrize("what", [Order.KILL, Order.HANG, Order.RAISE])
def test_a_recordings_utterance_is_tried_again_and_then_given_up(
    what: Order,
) -> None:
    reason = {Order.KILL: "crashed", Order.HANG: "timeout"}.get(
        what, "asr_error: no such thing as 0"
    )
    with WorkerPool(spec(), policy=RECORDING) as pool:
        poison = pool.submit(order(what), "en", stream="a")
        others = [pool.submit(order(Order.ECHO, n), "en", stream="a") for n in range(3)]
        assert poison.result(LONG).value == Failed(reason)
        assert [o.result(LONG).value for o in others] == [
            Transcript(f"{n} 2", "en", 0.5) for n in range(3)
        ]
        assert pool.stats().restarts == (0 if what is Order.RAISE else 3)
        assert pool.stats().circuit == "closed"


def test_what_failed_once_by_no_fault_of_its_own_is_heard_at_the_second_try(
    tmp_path: Path,
) -> None:
    with WorkerPool(spec("Relapsing", marker=str(tmp_path / "well")), policy=RECORDING) as pool:
        assert value(pool, Order.ECHO) == Transcript("hello again", "en", 0.9)
        assert pool.stats().restarts == 1


def test_a_live_utterance_is_not_tried_again() -> None:
    with WorkerPool(spec(), policy=RECORDING) as pool:
        assert value(pool, Order.KILL, live=True) == Failed("crashed")
        assert pool.stats().restarts == 1


def test_one_utterance_that_kills_every_worker_does_not_open_the_circuit() -> None:
    with WorkerPool(spec(), policy=replace(RECORDING, failed_jobs=2)) as pool:
        assert value(pool, Order.KILL) == Failed("crashed")
        assert pool.stats().circuit == "closed"


def test_recordings_wait_while_the_circuit_is_open_and_lose_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "well"
    policy = replace(RECORDING, failed_jobs=2)
    with WorkerPool(spec("Fragile", marker=str(marker)), policy=policy) as pool:
        jobs = [pool.submit(order(Order.ECHO), "en", stream="a") for _ in range(4)]
        while pool.stats().circuit != "open":
            time.sleep(0.01)
        marker.touch()
        jobs += [pool.submit(order(Order.ECHO), "en", stream="a") for _ in range(4)]
        end_pause(pool)
        assert {job.result(LONG).value for job in jobs} == {Transcript("hello again", "en", 0.9)}
        assert (pool.stats().circuit, pool.stats().opened) == ("closed", 1)


def test_a_recogniser_that_dies_at_everything_is_given_up_recording_by_recording() -> None:
    """What follows of a recording that was given up fails at once; the next one is a new try."""
    policy = replace(RECORDING, failed_jobs=2)
    with WorkerPool(spec(), policy=policy) as pool:
        killed = [pool.submit(order(Order.KILL), "en", stream="a") for _ in range(20)]
        while pool.stats().circuit != "open":
            time.sleep(0.01)
        assert not any(job.done() for job in killed)
        end_pause(pool)
        wait(killed, LONG)
        reasons = [job.result(0).value for job in killed]
        assert set(reasons) <= {Failed("crashed"), Failed("asr_unavailable")}
        assert reasons.count(Failed("asr_unavailable")) >= 18
        assert (pool.stats().circuit, pool.stats().opened) == ("open", 2)
        more = pool.submit(order(Order.ECHO), "en", stream="a")
        assert more.result(0).value == Failed("asr_unavailable")
        other = pool.submit(order(Order.ECHO, 4), "en", stream="b")
        end_pause(pool)
        assert other.result(LONG).value == Transcript("4 2", "en", 0.5)
        assert pool.stats().circuit == "closed"
        again = pool.submit(order(Order.ECHO, 5), "en", stream="a")
        assert again.result(LONG).value == Transcript("5 2", "en", 0.5)


def test_recordings_wait_for_workers_that_do_not_start_any_more(tmp_path: Path) -> None:
    marker = tmp_path / "model"
    marker.touch()
    policy = replace(RECORDING, failed_starts=1, rest_s=4.0)
    with WorkerPool(spec("Recovering", marker=str(marker)), policy=policy) as pool:
        assert value(pool, Order.ECHO) == Transcript("0 2", "en", 0.5)
        marker.unlink()
        killed = pool.submit(order(Order.KILL), "en", live=True)
        waiting = pool.submit(order(Order.ECHO, 3), "en", stream="a")
        assert killed.result(LONG).value == Failed("crashed")
        while not pool.broken:
            time.sleep(0.01)
        live = pool.submit(order(Order.ECHO), "en", live=True)
        assert live.result(0).value == Failed("asr_unavailable")
        assert not waiting.done()
        marker.touch()
        assert waiting.result(LONG).value == Transcript("3 2", "en", 0.5)


def test_recordings_wait_no_longer_for_workers_that_never_start_again(tmp_path: Path) -> None:
    marker = tmp_path / "model"
    marker.touch()
    policy = replace(RECORDING, failed_starts=1, rest_s=0.5)
    with WorkerPool(spec("Recovering", marker=str(marker)), 2, policy=policy) as pool:
        while pool.stats().alive < 2:
            time.sleep(0.01)
        marker.unlink()
        waiting = [pool.submit(order(Order.KILL), "en", stream="a") for _ in range(4)]
        assert {job.result(LONG).value for job in waiting} == {Failed("asr_unavailable")}


def test_closing_ends_what_waits_for_another_try() -> None:
    pool = WorkerPool(spec(), policy=replace(RECORDING, failed_jobs=1))
    job = pool.submit(order(Order.KILL), "en")
    while pool.stats().circuit != "open":
        time.sleep(0.01)
    assert not job.done()
    pool.close()
    assert job.result(0).value == Failed("closed")
