"""A server of our own, for as long as a command needs one."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from sentivox.errors import SentivoxError

STOP_S: Final = 15.0
POLL_S: Final = 0.02
ANSWER_S: Final = 60.0  # where nobody listens, that is known at once


class LocalServer:
    """`sentivox serve` on a free loopback port; a context manager that always stops it.

    Args:
        options: Of `sentivox serve`.
        models: Folder in which it looks for models; by default where we would.

    Attributes:
        url: Where it listens: "http://127.0.0.1:PORT".
        pid: Its process.
    """

    def __init__(self, *options: str, models: Path | None = None) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        where = ("--host", "127.0.0.1", "--port", str(port))
        elsewhere = {} if models is None else {"SENTIVOX_MODELS_DIR": str(models)}
        # Its own words are of interest only when it fails, so they wait in a file.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the server)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sentivox", "serve", *where, *options],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            env=_environment() | {"PYTHONUNBUFFERED": "1"} | elsewhere,
        )

        self.pid = self._process.pid

    def wait_ready(self) -> float:
        """Wait until it serves; returns the seconds since this call.

        A busy machine may take any time for it. The server itself ends when a model cannot be
        loaded.

        Raises:
            SentivoxError: It ended.
        """
        began = time.perf_counter()
        while not ready(self.url):
            if self._process.poll() is not None:
                raise SentivoxError(f"the server did not start: {self._last_words()}")
            time.sleep(POLL_S)
        return time.perf_counter() - began

    def stop(self) -> None:
        """Ask it to end, then make it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("sentivox: error: ") if lines else "no output"


def _environment() -> dict[str, str]:
    """Ours, but for tokens and settings of a server: this one is ours alone, and as we ask."""
    kept = {f"SENTIVOX_{name}" for name in ("MODELS_DIR", "PROFILE", "ASR", "TEXT", "TONE")}
    return {k: v for k, v in os.environ.items() if not k.startswith("SENTIVOX_") or k in kept}


def free_port() -> int:
    """A TCP port that nobody listens on at this moment, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ready(url: str) -> bool:
    """Whether a server at `url` answers /readyz with 200."""
    opener = build_opener(ProxyHandler({}))  # no proxy stands between us and ourselves
    try:
        with opener.open(f"{url}/readyz", timeout=ANSWER_S) as answer:
            return answer.status == 200 and json.load(answer).get("status") == "ready"
    except (HTTPError, URLError, OSError, ValueError):
        return False
