"""A naive server, and a comparison of it with ours under live streams.

The naive server is a FastAPI handler that calls the models inline, so the event loop is blocked
for every client until they answer. Sessions, models and messages are ours in both. The naive server
has a single recogniser, and ours has one for each core.

    python -m benchmarks.peer_server PORT ASR      # the naive server alone
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import ProxyHandler, build_opener

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket

from sentivox.audio.files import AudioFile, write_wav
from sentivox.cli.local_server import LocalServer, free_port, ready
from sentivox.client import play_file
from sentivox.engine.engine import Engine
from sentivox.models.selection import EMBEDDED
from sentivox.protocol.events import Begin, Event, Utterance, encode
from sentivox.samples import CALL
from sentivox.stream.jobs import Cancel
from sentivox.stream.session import Session
from sentivox.stream.stage import Output
from sentivox.types import SAMPLE_RATE

PATIENCE_S = 120.0
"""Seconds to wait for outstanding results after the end of the audio."""

PROBE_S = 0.25  # seconds between two requests to /readyz


def naive_app(engine: Engine) -> FastAPI:
    """Build the naive app: its handler blocks the event loop while a model runs."""
    app = FastAPI()

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {"status": "ready"}

    @app.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        session = engine.open()
        await socket.send_text(encode(session.begin()).decode())
        while not session.done:
            message = await socket.receive()
            audio = message.get("bytes")
            if message["type"] == "websocket.disconnect":
                return
            outputs = session.close() if audio is None else session.feed(audio)
            for event in inline(engine, session, outputs):
                await socket.send_text(encode(event).decode())
        await socket.close()

    return app


def inline(engine: Engine, session: Session, outputs: list[Output]) -> Iterator[Event]:
    """Run every job, and those that follow from its result, at once; yield the events in order."""
    for output in outputs:
        if isinstance(output, Event):
            yield output
        elif not isinstance(output, Cancel):
            result = engine.submit(output).result()  # blocks the event loop
            yield from inline(engine, session, session.resolve(output, result))


@contextmanager
def naive(asr: str) -> Iterator[str]:
    """Run the naive server in a process of its own; yield its URL."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.peer_server", str(port), asr]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while not ready(url):
            if process.poll() is not None:
                sys.exit("the naive server did not start")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ours(asr: str) -> Iterator[str]:
    """Run Sentivox's server in a process of its own; yield its URL."""
    with LocalServer("--profile", EMBEDDED, "--asr", asr) as server:
        server.wait_ready()
        yield server.url


@dataclass(slots=True)
class Tally:
    """Times, in seconds, that the clients of a server measured.

    Attributes:
        answers: From sending the last sample of an utterance to receiving its result.
        probes: Duration of each request to /readyz in the meantime.
        cut: Streams whose connection broke because the server did not answer a ping in time.
        unfinished: Streams without a result PATIENCE_S after their audio.
    """

    answers: list[float] = field(default_factory=list[float])
    probes: list[float] = field(default_factory=list[float])
    cut: int = 0
    unfinished: int = 0

    def summary(self) -> dict[str, Any]:
        """Return the counts, and percentiles of the times."""
        return {
            "utterances": len(self.answers),
            "streams_cut": self.cut,
            "streams_unfinished": self.unfinished,
            "answer_s": _percentiles(self.answers),
            "readyz_s": _percentiles(self.probes),
        }


async def load(url: str, streams: int, seconds: float) -> Tally:
    """Run live streams of the customer in the sample call, started within two seconds."""
    tally = Tally()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "customer.wav"
        side = np.concatenate([block[1] for block in AudioFile(CALL)])
        write_wav(path, side[: round(seconds * SAMPLE_RATE)])
        probing = asyncio.create_task(_probe(url, tally))
        await asyncio.gather(
            *(_listen(url, path, 2 * i / streams, seconds, tally) for i in range(streams))
        )
        probing.cancel()
    return tally


async def _listen(url: str, path: Path, wait: float, seconds: float, tally: Tally) -> None:
    await asyncio.sleep(wait)
    began = 0.0
    try:
        async with asyncio.timeout(seconds + PATIENCE_S):
            async for event in play_file(path, url):
                if isinstance(event, Begin) and began:  # a new session: the old one was lost
                    tally.cut += 1
                    return
                if isinstance(event, Begin):  # the audio starts now
                    began = time.perf_counter()
                elif isinstance(event, Utterance) and event.final:
                    tally.answers.append(time.perf_counter() - began - event.end)
    except TimeoutError:
        tally.unfinished += 1


async def _probe(url: str, tally: Tally) -> None:
    """Request /readyz again and again, and record how long each request takes."""
    opener = build_opener(ProxyHandler({}))

    def ask() -> None:
        with opener.open(f"{url}/readyz", timeout=PATIENCE_S) as answer:
            answer.read()

    while True:
        began = time.perf_counter()
        await asyncio.to_thread(ask)
        tally.probes.append(time.perf_counter() - began)
        await asyncio.sleep(PROBE_S)


def compare(asr: str, streams: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Run both servers in turns; return their times and, for each round, the ratio of the p95."""
    seen: dict[str, list[dict[str, Any]]] = {"naive": [], "ours": []}
    for _ in range(rounds):
        for name, start in (("naive", naive), ("ours", ours)):
            with start(asr) as url:
                seen[name].append(asyncio.run(load(url, streams, seconds)).summary())
    ratios = {
        key: [
            round(one[key]["p95"] / other[key]["p95"], 2)
            for one, other in zip(seen["naive"], seen["ours"], strict=True)
            if one[key] and other[key]
        ]
        for key in ("answer_s", "readyz_s")
    }
    return {"streams": streams, "seconds": seconds, "rounds": seen, "p95_naive_over_ours": ratios}


def _percentiles(times: list[float]) -> dict[str, float]:
    if not times:
        return {}
    p50, p95 = np.percentile(times, (50, 95)).tolist()
    return {"p50": round(p50, 3), "p95": round(p95, 3), "max": round(max(times), 3)}


def main() -> None:
    """Run the naive server: PORT and the id of the recogniser come from the command line."""
    port, asr = sys.argv[1:]
    with Engine.load(EMBEDDED, asr=asr, asr_workers=1) as engine:
        uvicorn.run(naive_app(engine), port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
