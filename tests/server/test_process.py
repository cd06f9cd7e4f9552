"""`sentivox serve` and `sentivox listen` as users run them: processes, signals, exit codes."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from sentivox.audio.files import write_wav
from tests.server.serving import Caller, call_audio, kinds, only, wait_for


@contextmanager
def sentivox_serve(log: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command on a port of its own choice, and the address it names."""
    options = ["--port", "0", "--profile", "embedded", "--log-level", "debug"]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "sentivox", "serve", *options], stderr=stderr, text=True
        )
    try:
        wait_for(lambda: re.search(r"http://\S+:\d+\n", log.read_text()))
        named = re.search(r"^Sentivox on http://(\S+)\n", log.read_text())
        assert named is not None
        yield process, named[1]
    finally:
        process.kill()
        process.wait()


def sentivox(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sentivox", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_server_from_start_to_sigterm(tmp_path: Path) -> None:
    audio = call_audio(3.0, 5.0)  # in the middle of a sentence
    write_wav(tmp_path / "turn.wav", np.frombuffer(audio, np.int16))
    log = tmp_path / "log"
    with sentivox_serve(log) as (process, address):
        wait_for(lambda: _ready(address))

        second = sentivox("serve", "--port", address.rpartition(":")[2])
        assert second.returncode == 1
        assert re.fullmatch(r"sentivox: error: .*in use.*--port\n", second.stderr)

        listened = sentivox(
            "listen", "--file", tmp_path / "turn.wav", "--url", address, "--fast", "--json"
        )
        assert listened.returncode == 0, listened.stderr
        assert listened.stderr == ""
        messages = [json.loads(line) for line in listened.stdout.splitlines()]
        assert messages[0]["type"] == "Begin"
        assert kinds(messages[-2:]) == ["Summary", "Termination"]
        said = only(messages, "Utterance")[0]["transcript"]
        assert said

        with Caller(f"ws://{address}/v1/stream", {}) as caller:
            caller.send(audio)
            caller.until("AudioSentiment")
            process.send_signal(signal.SIGTERM)
            rest = caller.rest()
        assert only(rest, "Utterance")[0]["transcript"] == said
        assert kinds(rest[-2:]) == ["Summary", "Termination"]
        assert rest[-1]["reason"] == "draining"
        assert caller.code == 1012
        assert process.wait(20) == 0
    logged = log.read_text()
    assert "draining sessions=1" in logged
    assert said not in logged
    assert "Traceback" not in logged


def _ready(address: str) -> bool:
    return httpx.get(f"http://{address}/readyz", trust_env=False).status_code == 200


def test_beyond_this_machine_only_when_told_so() -> None:
    done = sentivox("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "--insecure" in done.stderr.splitlines()[0]


def test_a_profile_that_does_not_exist_ends_the_server_in_one_line() -> None:
    done = sentivox("serve", "--port", "0", "--profile", "best", "--log-level", "error")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("sentivox: error: there is no profile 'best'")
    assert "Traceback" not in done.stderr


def test_listen_without_a_server_is_one_line(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(16_000, np.int16))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}"
        done = sentivox("listen", "--file", tmp_path / "a.wav", "--url", url)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"sentivox: error: no server at .*sentivox serve\n", done.stderr)


def test_listen_to_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = sentivox("listen", "--file", tmp_path / "nowhere.wav", "--json")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere.wav" in done.stderr
