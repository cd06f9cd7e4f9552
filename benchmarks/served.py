"""Run a server as a process of its own that reports its memory, tasks and descriptors."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from sentivox.audio.files import AudioFile
from sentivox.models.selection import EMBEDDED, POCKETSPHINX
from sentivox.samples import CALL
from sentivox.server.app import create_app
from sentivox.server.run import Server, bind, run
from sentivox.server.settings import ServerSettings
from sentivox.types import SAMPLE_RATE, Int16Array

SAMPLED_EVERY = 5
"""Ticks of the server (0.1 s each) between two samples."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The resources of a server at one moment.

    Attributes:
        rss_mb: Resident memory of its own process, in megabytes.
        tasks: Number of asyncio tasks.
        fds: Number of open file descriptors.
        threads: Number of threads.
        streams: Number of open streams.
    """

    rss_mb: float
    tasks: int
    fds: int
    threads: int
    streams: int


class Watched(Server):
    """A server that writes samples of itself to stdout, one line of JSON each."""

    async def on_tick(self, counter: int) -> bool:
        """Write a sample at every SAMPLED_EVERY-th tick."""
        if counter % SAMPLED_EVERY == 0:
            print(json.dumps(asdict(sample(self))), flush=True)
        return await super().on_tick(counter)


def sample(server: Server) -> Sample:
    """Take a sample of this process, which runs the server."""
    own = psutil.Process()
    return Sample(
        rss_mb=round(resident_mb(os.getpid()), 2),
        tasks=len(asyncio.all_tasks()),
        fds=own.num_fds(),
        threads=own.num_threads(),
        streams=len(server.service.sessions),
    )


@dataclass(slots=True)
class Served:
    """A running server.

    Attributes:
        url: WebSocket URL for clients.
        pid: Id of its process.
        samples: Its samples so far.
    """

    url: str
    pid: int
    samples: list[Sample]
    process: asyncio.subprocess.Process

    def workers(self) -> list[int]:
        """Return the ids of its recogniser processes."""
        return [child.pid for child in psutil.Process(self.pid).children()]


@contextlib.asynccontextmanager
async def served(asr: str = POCKETSPHINX, **settings: float | str) -> AsyncGenerator[Served]:
    """Run a server on a free port, yield it when it is ready, and stop it by SIGTERM.

    Args:
        asr: Id of its recogniser; the other models are the embedded ones.
        settings: Fields of `ServerSettings`, as JSON values.

    Raises:
        AssertionError: It did not exit with 0, or it logged a traceback.
    """
    own = [sys.executable, "-m", "benchmarks.served", asr, json.dumps(settings)]
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(*own, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        server = Served(f"ws://{address}", process.pid, [], process)
        reading = asyncio.create_task(_read(process.stdout, server.samples))
        try:
            await _ready(address)
            yield server
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            await reading
            log.seek(0)
            said = log.read().decode()
        assert process.returncode == 0, said
        assert "Traceback" not in said, said


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes."""
    return psutil.Process(pid).memory_info().rss / 1e6


def turn() -> Int16Array:
    """Return a minute of the customer in the sample call and silence, one third of it speech."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)[1]
    return np.resize(
        np.append(call, np.zeros(60 * SAMPLE_RATE - len(call), np.int16)), 60 * SAMPLE_RATE
    )


def machine() -> dict[str, Any]:
    """Return the CPU, the number of usable cores, and the load average."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown",
    )
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
    }


async def _read(stream: asyncio.StreamReader, samples: list[Sample]) -> None:
    while line := await stream.readline():
        samples.append(Sample(**json.loads(line)))


async def _ready(address: str) -> None:
    host, _, port = address.partition(":")
    while True:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        if answer.startswith(b"HTTP/1.1 200"):
            return
        await asyncio.sleep(0.1)


def main() -> None:
    """Run the server: recogniser id and settings (JSON) come from the command line."""
    from sentivox.engine.engine import Engine  # noqa: PLC0415  (only this side needs it)

    asr, settings = sys.argv[1], json.loads(sys.argv[2])
    app = create_app(
        lambda progress: Engine.load(EMBEDDED, asr=asr, progress=progress),
        ServerSettings(**settings),
    )
    listener = bind("127.0.0.1", 0)
    print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
    run(Watched(app), listener)


if __name__ == "__main__":
    main()
