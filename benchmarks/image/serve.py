"""Start the server of an image as its user, with only /tmp writable, and analyse a call with it."""

import contextlib
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx

from benchmarks.image.root import Root
from sentivox.samples import CALL

PORT = "8000"
"""The Dockerfile's port, replaced by a free one because the root shares this machine's network."""

PATIENCE_S = 60  # seconds to wait for the server to become ready, and to stop


def serve_a_call(root: Root) -> Iterator[str]:
    """Start the server, check its health, post the sample call and stop it; yield progress lines.

    Raises:
        RuntimeError: The server did not start, did not answer or did not stop as it should.
    """
    port = str(_free_port())
    token = secrets.token_urlsafe(24)
    argv = [argument for kind in ("ENTRYPOINT", "CMD") for argument in root.commands[kind]]
    began = time.monotonic()
    command = root.command(argv, {"SENTIVOX_TOKEN": token, "SENTIVOX_PORT": port}, read_only=True)
    with subprocess.Popen(command) as server:
        try:
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
                _await_ready(client, server)
                yield f"ready {time.monotonic() - began:.1f} s after its start"
                check = [a.replace(PORT, port) for a in root.commands["HEALTHCHECK"]]
                subprocess.run(root.command(check, {}, read_only=True), check=True)
                yield "healthy, by its own HEALTHCHECK"
                yield _analyse(client)
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(PATIENCE_S)
    if code:
        raise RuntimeError(f"SIGTERM ended it with {code}, not 0")
    yield "stopped by SIGTERM with exit code 0"


def _analyse(client: httpx.Client) -> str:
    files = {"file": (CALL.name, CALL.read_bytes())}
    answer = client.post("/v1/analyze", files=files, timeout=300)
    answer.raise_for_status()
    channels = answer.json()["channels"]
    utterances = [u for channel in channels for u in channel["utterances"]]
    worded = sum(bool(u["transcript"]) for u in utterances)
    if not worded:
        raise RuntimeError("it understood no word of the sample call")
    return f"heard {len(utterances)} utterances of the sample call, words in {worded}"


def _await_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").is_success:
                return
        time.sleep(0.05)
    raise RuntimeError(f"not ready after {PATIENCE_S} s, or ended ({server.poll()})")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
