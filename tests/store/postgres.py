"""A real PostgreSQL server for tests, as the system's package installs it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    on_path = (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep))
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    needed = ("initdb", "pg_ctl", "createdb", "postgres")
    whole = (f for f in (*debian, *on_path) if all((f / name).is_file() for name in needed))
    return next(whole, None)


class Postgres:
    """A server on a free port of the loopback interface, with its data in a folder of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        # PostgreSQL refuses to run as root; its package made a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        secret = folder / "password"
        secret.write_text("open sesame")
        if self._user is not None:
            for path in (folder, secret):
                shutil.chown(path, self._user)
        self._run("initdb", "-D", "data", "-A", "scram-sha-256", "-U", "sentivox", "-N",
                  "--pwfile", "password", "-E", "UTF8", "--locale=C.UTF-8")  # fmt: skip

    def address(self, name: str, password: str = "open%20sesame") -> str:
        return f"postgresql://sentivox:{password}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str) -> str:
        """Create a database; returns its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "sentivox", name)
        return self.address(name)

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder} -c fsync=off"
        self._control("-w", "-t", "300", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as if it had crashed."""
        self._control("-w", "-t", "300", "-m", "immediate", "stop")

    def _control(self, *args: str) -> None:
        self._run("pg_ctl", "-D", "data", *args)

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            [self._programs / program, *args],
            user=self._user,
            cwd=self._folder,
            env=os.environ | {"PGPASSWORD": "open sesame"},
            stdout=subprocess.DEVNULL,
            stderr=None,
            check=False,
        )
        assert done.returncode == 0, program


@contextmanager
def running() -> Generator[Postgres]:
    """A running server, stopped at the end."""
    programs = binaries()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="sentivox-pg-") as folder:
        server = Postgres(Path(folder), programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()
