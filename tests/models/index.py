"""A package index on this machine: its pages of releases, and the wheels."""

import contextlib
import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sentivox.models.catalog import Wheel


def make_wheel(name: str, members: Mapping[str, bytes], version: str = "1.0") -> bytes:
    """A wheel that an installer takes, whose module raises where anybody imports it."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": b"raise SystemExit('somebody imported a wheel')\n",
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(path, data)
    return out.getvalue()


def listed(name: str, data: bytes, version: str = "1.0") -> Wheel:
    """What a catalogue says of it."""
    return Wheel(name, version, len(data), hashlib.sha256(data).hexdigest())


@dataclass
class Index:
    """What it serves (name → wheel) and what it was asked for.

    Yanked releases are marked as such. `hangs`: it takes requests and answers none.
    """

    wheels: dict[str, bytes]
    url: str = ""
    yanked: set[str] = field(default_factory=set[str])
    requests: list[str] = field(default_factory=list[str])
    hangs: bool = False


@contextlib.contextmanager
def serve(wheels: Mapping[str, bytes]) -> Generator[Index]:
    """Serve wheels of version 1.0."""
    index = Index(dict(wheels))
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.requests.append(self.path)
            while index.hangs and not over.is_set():
                time.sleep(0.05)
            name = self.path.strip("/").split("/")[1]
            data = index.wheels.get(name)
            if data is None:
                self._send(404, b"", "text/plain")
            elif self.path.endswith(".whl"):
                self._send(200, data, "application/octet-stream")
            else:
                file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
                mark = 'data-yanked="mistake"' if name in index.yanked else ""
                page = f'<!DOCTYPE html><a href="/simple/{name}/{file}" {mark}>{file}</a>'
                self._send(200, page.encode(), "text/html")

        def do_HEAD(self) -> None:
            self._send(405, b"", "text/plain")

        def _send(self, status: int, data: bytes, kind: str) -> None:
            with contextlib.suppress(OSError):  # whoever asked has left
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        index.url = f"http://127.0.0.1:{server.server_port}/simple"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield index
        finally:
            over.set()
            server.shutdown()
            thread.join()
