"""Nobody is told anything: no connection beyond this machine, no file in the home folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sentivox.cli.local_server import free_port, ready
from sentivox.samples import CALL
from sentivox.standins import whisper
from sentivox.system.telemetry import OFF, switch_off
from tests.asr import tiny_sherpa
from tests.processes import children

CALLS = "connect,sendto,sendmsg,sendmmsg"
ADDRESS = re.compile(r'(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.|0\.0\.0\.0$")
TRANSCRIBE = """
import sys, time
import numpy as np
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
kind, options = sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:])
with WorkerPool(TranscriberSpec(kind, options)) as pool:
    pool.wait_ready()
    heard = np.random.default_rng(0).normal(0, 3000, 32000).astype(np.int16)
    result = pool.submit(heard, None if "voiceprint" in kind else "en").result(120)
    time.sleep(1)
    print(type(result.value).__name__)
"""

Watched = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that nothing was ever written to."""
    (folder := tmp_path / "home").mkdir()
    return folder


def fresh(home: Path) -> dict[str, str]:
    """Our environment as on a machine where nothing was set up."""
    gone = {*OFF, "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in gone}
    return kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def watched(home: Path, tmp_path: Path) -> Iterator[Watched]:
    """Starts a Python process of which, with its children, every message to a network is noted.

    When the test is over, none may have gone beyond this machine and no file may be in the home.
    """
    strace = shutil.which("strace")
    trace = tmp_path / "trace"

    def start(*args: str | Path) -> subprocess.Popen[str]:
        spy = [strace, "-f", "-qq", "-o", trace, "-e", f"trace={CALLS}"] if strace else []
        return subprocess.Popen(
            [*spy, sys.executable, *args],
            env=fresh(home),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield start
    assert [path for path in home.rglob("*") if path.is_file()] == []
    if strace is None:
        pytest.skip("strace is not installed: connections were not watched, files were")
    assert beyond(trace.read_text(encoding="utf-8", errors="replace")) == []


def beyond(trace: str) -> list[str]:
    """The system calls that name an address other than this machine's."""
    found: list[str] = []
    for line in trace.splitlines():
        found += [line for address in ADDRESS.findall(line) if not LOOPBACK.match(address)]
    return found


def finished(process: "subprocess.Popen[str]") -> str:
    """What it printed; it must have ended well."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    if (strace := shutil.which("strace")) is None:
        pytest.skip("strace is not installed")
    talk = "import socket; socket.socket(2, 2).connect(('192.0.2.1', 53))"
    command = [strace, "-f", "-qq", "-o", tmp_path / "t", "-e", f"trace={CALLS}"]
    subprocess.run([*command, sys.executable, "-c", talk], check=False)
    assert len(beyond((tmp_path / "t").read_text())) == 1


def test_analyze_and_its_worker(watched: Watched, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    command = ("-m", "sentivox", "analyze", "--profile", "embedded", "--json", "--report", report)
    assert '"transcript"' in finished(watched(*command, CALL))


def test_serve_and_a_recording_sent_to_it(watched: Watched) -> None:
    port = free_port()
    serve = watched("-m", "sentivox", "serve", "--profile", "embedded", "--port", str(port))
    while not ready(f"http://127.0.0.1:{port}"):
        assert serve.poll() is None, serve.communicate()[1]
        time.sleep(0.1)
    listen = ("-m", "sentivox", "listen", "--fast", "--file", CALL)
    url = f"ws://127.0.0.1:{port}"
    subprocess.run(
        [sys.executable, *listen, "--url", url],
        check=True,
        capture_output=True,
    )
    for server in children(serve.pid) or {serve.pid}:  # strace, where it is, is its parent
        os.kill(server, signal.SIGTERM)
    serve.communicate(timeout=120)


@pytest.mark.parametrize(
    "kind", ["pocketsphinx", "whisper", "sensevoice", "voiceprint", "bundled_voiceprint"]
)
def test_every_kind_of_worker(watched: Watched, tmp_path: Path, kind: str) -> None:
    made = {
        "pocketsphinx": dict,
        "whisper": lambda: {"folder": _whisper(tmp_path / "w"), "name": "w"},
        "sensevoice": lambda: {"folder": tiny_sherpa.sense_voice(tmp_path / "s"), "name": "s"},
        "voiceprint": lambda: {"file": tiny_sherpa.speaker_model(tmp_path / "v.onnx"), "name": "v"},
        "bundled_voiceprint": dict,
    }
    options: Mapping[str, object] = made[kind]()
    pairs = [f"{name}={value}" for name, value in options.items()]
    expected = "Voiceprint" if "voiceprint" in kind else "Transcript"
    assert finished(watched("-c", TRANSCRIBE, kind, *pairs)).strip() == expected


def _whisper(folder: Path) -> Path:
    whisper.make_tiny_en(folder, "hello there")
    return folder


def test_what_the_user_has_set_stays() -> None:
    environment = {"ORT_DISABLE_TELEMETRY": "0"}
    switch_off(environment)
    assert environment == {"ORT_DISABLE_TELEMETRY": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}
