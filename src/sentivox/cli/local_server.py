"""Runs a temporary local server for commands that need one, such as `demo` and `load`."""

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

STOP_TIMEOUT_S: Final = 15.0  # seconds to exit after SIGTERM before it is killed
POLL_INTERVAL_S: Final = 0.02  # seconds between checks for readiness
START_TIMEOUT_S: Final = 60.0  # seconds to wait for an answer; if nothing listens, it fails at once


class LocalServer:
    """Runs `sentivox serve` on a free loopback port; a context manager that always stops it.

    Args:
        options: Command-line options of `sentivox serve`.
        models: Folder in which the server looks for models; by default that of this process.

    Attributes:
        url: Address of the server: "http://127.0.0.1:PORT".
        pid: Process ID of the server.
    """

    def __init__(self, *options: str, models: Path | None = None) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        where = ("--host", "127.0.0.1", "--port", str(port))
        elsewhere = {} if models is None else {"SENTIVOX_MODELS_DIR": str(models)}
        # The server's output is needed only if it fails, so it goes to a file.
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
        """Wait until the server is ready; returns the seconds since this call.

        There is no timeout, because a busy machine may take long. The server exits if a model
        cannot be loaded.

        Raises:
            SentivoxError: The server has exited.
        """
        began = time.perf_counter()
        while not ready(self.url):
            if self._process.poll() is not None:
                raise SentivoxError(f"the server did not start: {self._last_words()}")
            time.sleep(POLL_INTERVAL_S)
        return time.perf_counter() - began

    def stop(self) -> None:
        """Terminate the server, and kill it if it has not exited after `STOP_TIMEOUT_S`."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
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
    """This process's environment without server settings and tokens, which do not apply here."""
    kept = {f"SENTIVOX_{name}" for name in ("MODELS_DIR", "PROFILE", "ASR", "TEXT", "TONE")}
    return {k: v for k, v in os.environ.items() if not k.startswith("SENTIVOX_") or k in kept}


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ready(url: str) -> bool:
    """Whether a server at `url` answers /readyz with 200."""
    opener = build_opener(ProxyHandler({}))  # a local server must not be reached through a proxy
    try:
        with opener.open(f"{url}/readyz", timeout=START_TIMEOUT_S) as answer:
            return answer.status == 200 and json.load(answer).get("status") == "ready"
    except (HTTPError, URLError, OSError, ValueError):
        return False
