"""What a server and its children take, as the system counts it."""

import os
import subprocess
import sys

from sentivox.sinks.footprint import footprint, memory_limit

SPIN = """
import time
held = bytearray(60_000_000)
while time.process_time() < 0.5:
    pass
print("ready", flush=True)
input()
"""


def test_a_child_counts_while_it_lives_and_its_time_ever_after():
    before = footprint()
    with subprocess.Popen(
        [sys.executable, "-c", SPIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        during = footprint()
        child.communicate(b"\n")
    after = footprint()
    assert during.memory_bytes - before.memory_bytes > 60e6
    assert after.memory_bytes < during.memory_bytes - 50e6
    assert during.cpu_seconds - before.cpu_seconds >= 0.45
    assert after.cpu_seconds >= during.cpu_seconds - 0.03  # ticks of 10 ms are counted down


def test_the_limit_is_no_more_than_the_machine_has():
    assert 0 < memory_limit() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
