"""A model hub on this machine, as far as downloads go: HEAD and GET of `resolve` addresses."""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What it serves and what it was asked for.

    `cut` drops the connection once after that many bytes of a body; with `gone` set as well, the
    hub then answers every GET with that status. `status` answers everything with it. `slow` is
    the seconds that each body waits first.
    """

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    url: str = ""
    requests: list[tuple[str, str, str | None]] = field(
        default_factory=list[tuple[str, str, str | None]]
    )
    cut: int | None = None
    gone: int | None = None
    status: int | None = None
    slow: float = 0.0


@contextlib.contextmanager
def serve(files: dict[str, bytes], commit: str = COMMIT) -> Generator[Hub]:  # noqa: C901
    """Serve `files` ("owner/name/path" → bytes) at one commit, also called main."""
    hub = Hub(files)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            wanted = self.headers.get("Range")
            hub.requests.append((self.command, self.path, wanted))
            if hub.status:
                return self._refuse(None, hub.status)
            if body and hub.gone and hub.cut is None:
                return self._refuse(None, hub.gone)
            match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
            repo, revision, path = match.groups() if match else ("", "", "")
            if not any(name.startswith(f"{repo}/") for name in hub.files):
                return self._refuse("RepoNotFound")
            if revision not in ("main", commit):
                return self._refuse("RevisionNotFound")
            if f"{repo}/{path}" not in hub.files:
                return self._refuse("EntryNotFound")
            self._send(hub.files[f"{repo}/{path}"], wanted, body=body)
            return None

        def _send(self, data: bytes, wanted: str | None, *, body: bool) -> None:
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and body else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", commit)
            self.end_headers()
            if body:
                time.sleep(hub.slow)
            if body and hub.cut is not None:
                data, hub.cut = data[: hub.cut], None
                self.close_connection = True
            if body:
                self.wfile.write(data[start:])

        def _refuse(self, code: str | None, status: int = 404) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
