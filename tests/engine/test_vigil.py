"""Which processes hang and which are only kept waiting."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable

import pytest

from sentivox.engine.watchdog import POLL_INTERVAL_S, Hung, Vitals, Watchdog, activity_of

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def watched(seen: Iterable[Vitals | None], step_s: float = POLL_INTERVAL_S) -> str | None:
    """What is said of a process that looks so, one look after the other."""
    looks, now = iter(seen), iter(range(10**6))
    vigil = Watchdog(
        1, cpu_s=10.0, still_s=30.0, look=lambda _: next(looks), clock=lambda: next(now) * step_s
    )
    with contextlib.suppress(StopIteration):
        try:
            while True:
                vigil.look()
        except Hung as hung:
            return str(hung)
    return None


def looks(
    seconds: float, cpu: float = 0.0, *, runnable: bool = False, read: float = 0.0
) -> list[Vitals]:
    """So much processor time and reading a second."""
    times = [n * POLL_INTERVAL_S for n in range(round(seconds / POLL_INTERVAL_S))]
    return [Vitals(t * cpu, runnable, int(t * read)) for t in times]


def test_a_process_that_takes_more_processor_time_than_it_may_hangs() -> None:
    assert watched(looks(10, cpu=1)) is None
    assert watched(looks(11, cpu=1, runnable=True)) == "no answer after 10.2 s of processor time"
    assert watched(looks(11, cpu=4)) == "no answer after 11.0 s of processor time"


def test_a_process_that_waits_for_a_core_does_not() -> None:
    assert watched(looks(3600, cpu=0.002, runnable=True)) is None
    assert watched(looks(3600, runnable=True)) is None


def test_nor_one_that_is_stopped_again_and_again_for_want_of_a_quota() -> None:
    assert watched(looks(900, cpu=0.01)) is None


def test_nor_one_that_loads_from_a_slow_disk() -> None:
    assert watched(looks(3600, read=4096)) is None


def test_a_process_that_does_nothing_hangs() -> None:
    assert watched(looks(30)) is None
    assert watched(looks(31)) == "asleep for 30.2 s"


def test_so_does_one_in_which_only_a_clock_ticks() -> None:
    assert watched(looks(60, cpu=0.0005)) == "asleep for 30.2 s"


def test_what_it_did_before_it_fell_asleep_does_not_count() -> None:
    before = looks(100, cpu=0.05)
    assert watched([*before, *[before[-1]] * 100]) is None
    assert watched([*before, *[before[-1]] * 140]) == "asleep for 30.2 s"


def test_a_machine_that_stood_still_is_no_reason() -> None:
    """Each look comes an hour late: the watcher was asleep too."""
    assert watched(looks(10), step_s=3600.0) is None


def test_where_nothing_is_known_time_counts_and_there_is_more_of_it() -> None:
    assert watched([None]) == "no answer within 400.2 s"


def test_a_process_that_ends_meanwhile_is_not_judged() -> None:
    assert watched([*looks(20), *[None] * 1000]) is None


@contextlib.contextmanager
def process(code: str) -> Generator[int]:
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"go\n"
        yield child.pid
    finally:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def eventually(check: Callable[[Vitals], bool], pid: int) -> bool:
    until = time.monotonic() + 300  # a busy machine is no reason to fail
    while time.monotonic() < until:
        if (seen := activity_of(pid)) is not None and check(seen):
            return True
        time.sleep(0.01)
    return False


@LINUX
def test_all_threads_of_a_process_count() -> None:
    code = """
import threading, time
def loop():
    while True: pass
threading.Thread(target=loop, daemon=True).start()
print("go", flush=True)
time.sleep(600)
"""
    with process(code) as pid:
        before = activity_of(pid)
        assert before is not None
        assert eventually(lambda seen: seen.runnable, pid)
        assert eventually(lambda seen: seen.cpu_s > before.cpu_s + 0.1, pid)
        os.kill(pid, signal.SIGSTOP)
        assert eventually(lambda seen: not seen.runnable, pid)


@LINUX
def test_a_process_that_waits_or_is_gone() -> None:
    with process("print('go', flush=True); import time; time.sleep(600)") as pid:
        assert eventually(lambda seen: not seen.runnable, pid)
    assert activity_of(pid) is None


@LINUX
def test_what_a_process_reads_is_seen() -> None:
    code = "print('go', flush=True)\nwhile True: open('/dev/zero', 'rb').read(1 << 20)"
    with process(code) as pid:
        before = activity_of(pid)
        assert before is not None
        assert eventually(lambda seen: seen.read > before.read + (1 << 20), pid)
