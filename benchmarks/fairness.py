"""One stream sends all it has at once: how much slower do nine others get their results?

    python -m benchmarks.fairness                      # nine live streams, a minute each, twice
    python -m benchmarks.fairness --seconds 10         # a short look

The live streams ask for tone alone at the speed of speech. Measured is what a caller feels: from
sending the audio that makes a tone result possible to having it. Passed, if the 95th percentile
beside the greedy stream is within 1.3 times that without it.
"""

import argparse
import asyncio
import json
import sys
from typing import Any

import numpy as np

from benchmarks.served import Served, machine, served, turn
from sentivox.client import connect
from sentivox.stream.events import AudioSentiment
from sentivox.types import SAMPLE_RATE

FRAME_S = 0.04
MOST_SLOWER = 1.3


async def live(server: Served, seconds: float, offset_s: float) -> list[float]:
    """Milliseconds from the audio of each tone result to the result."""
    audio = np.roll(turn(), -round(offset_s * SAMPLE_RATE)).tobytes()
    size, clock = round(FRAME_S * SAMPLE_RATE) * 2, asyncio.get_running_loop().time
    sent: list[float] = []
    delays: list[float] = []
    async with connect(server.url, modalities=("audio",)) as stream:

        async def send() -> None:
            began = clock()
            for number in range(round(seconds / FRAME_S)):
                await asyncio.sleep(max(0.0, began + (number + 1) * FRAME_S - clock()))
                at = number * size % (len(audio) - size)
                sent.append(clock())
                await stream.send(audio[at : at + size])
            await stream.close()

        sending = asyncio.create_task(send())
        async for event in stream:
            if isinstance(event, AudioSentiment):
                frame = min(len(sent), int(np.ceil(round(event.t / FRAME_S, 6)))) - 1
                delays.append((clock() - sent[frame]) * 1e3)
        await sending
    return delays


async def greedy(server: Served) -> None:
    """Send for ever, as fast as the server takes it."""
    async with connect(server.url, modalities=("audio",), upload=True) as stream:
        minute = turn().tobytes()

        async def read() -> None:
            async for _ in stream:
                pass

        reading = asyncio.create_task(read())
        try:
            while True:
                await stream.send(minute[: SAMPLE_RATE * 2 * 10])
        finally:
            reading.cancel()


async def measured(server: Served, options: argparse.Namespace) -> dict[str, float]:
    """All live streams together."""
    lines = [
        live(server, options.seconds, 60 * n / options.streams) for n in range(options.streams)
    ]
    delays = [delay for one in await asyncio.gather(*lines) for delay in one]
    p50, p95 = np.percentile(delays, [50, 95])
    return {"results": len(delays), "p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}


async def fairness(options: argparse.Namespace) -> dict[str, Any]:
    """Without the greedy stream, and with it; the report."""
    where = machine()
    async with served("embedded", max_streams=options.streams + 1) as server:
        alone = await measured(server, options)
        eating = asyncio.create_task(greedy(server))
        beside = await measured(server, options)
        eating.cancel()
        await asyncio.gather(eating, return_exceptions=True)
    slower = beside["p95_ms"] / alone["p95_ms"]
    return {
        "machine": where,
        "streams": options.streams,
        "alone": alone,
        "beside_greedy": beside,
        "slower": round(slower, 2),
        "passed": slower <= MOST_SLOWER,
    }


def main() -> None:
    """Read the options, run, print, and fail where it failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(fairness(options))
    if options.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:16} {value}")
    sys.exit(not report["passed"])


if __name__ == "__main__":
    main()
