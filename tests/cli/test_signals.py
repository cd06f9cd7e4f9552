"""A command that is asked to end, by whatever signal, hands over what there is and tidies up."""

import json
import signal
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.protocol.events import Utterance, decode
from sentivox.samples import CALL
from tests.processes import children

COMMAND = [sys.executable, "-m", "sentivox"]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that takes a while."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    write_wav(path, np.tile(np.concatenate(list(AudioFile(CALL)), axis=1), 60))
    return path


def started(*args: str | Path, by: tuple[str, ...] = ()) -> Popen[bytes]:
    return Popen([*by, *COMMAND, *map(str, args)], stdout=PIPE, stderr=PIPE)


def heard(process: Popen[bytes]) -> Utterance:
    """The first utterance that it prints."""
    assert process.stdout is not None
    return next(e for line in process.stdout if isinstance(e := decode(line), Utterance))


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_was_heard_until_then_is_handed_over(
    long: Path, tmp_path: Path, number: int, status: int
) -> None:
    page = tmp_path / "out.html"
    process = started("analyze", long, "--modalities", "audio", "--jsonl", "--report", page)
    first = heard(process)
    process.send_signal(number)
    rest, complaint = process.communicate(timeout=600)
    assert process.returncode == status
    assert all(json.loads(line) for line in rest.splitlines())
    assert b"was stopped; these are the results so far" in complaint
    assert b"Traceback" not in complaint
    html = page.read_text()
    assert f'id="u-{first.channel}-1"' in html
    assert "not analysed to its end" in html


def test_the_processes_that_it_started_are_gone(long: Path) -> None:
    process = started("analyze", long, "--profile", "embedded", "--jsonl")
    heard(process)
    own = children(process.pid)
    assert own
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=600)
    assert (process.returncode, b"Traceback" in complaint) == (143, False)
    wait_until_gone(own)


def test_a_second_signal_ends_it_at_once() -> None:
    script = """
import time
from sentivox.cli.signals import asked_to_end
with asked_to_end():
    try:
        print("at work", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        print("handing over", flush=True)
        time.sleep(600)
"""
    process = Popen([sys.executable, "-c", script], stdout=PIPE)
    assert process.stdout is not None
    for line in (b"at work\n", b"handing over\n"):
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=600) == (b"", None)
    assert process.returncode == -signal.SIGTERM


def test_what_is_to_be_ignored_stays_ignored(long: Path) -> None:
    nohup = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    process = started("analyze", long, "--modalities", "audio", "--jsonl", by=nohup)
    heard(process)
    process.send_signal(signal.SIGHUP)
    heard(process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=600)
    assert process.returncode == 143


def test_a_server_that_a_command_started_ends_with_it() -> None:
    process = started("demo", "--profile", "embedded")
    assert process.stdout is not None
    assert b"Starting a server" in process.stdout.readline()
    own = children(process.pid)
    assert own
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=600)
    assert (process.returncode, b"Traceback" in complaint) == (143, False)
    wait_until_gone(own)
