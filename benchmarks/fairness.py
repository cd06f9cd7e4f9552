"""Measure how much slower nine live streams get results beside one that sends without pacing.

    python -m benchmarks.fairness                      # nine live streams, a minute each, twice
    python -m benchmarks.fairness --modalities text,audio            # words as well as tone
    python -m benchmarks.fairness --seconds 10         # a short run

The live streams are dialogues at the speed of speech. The latency is that of `sentivox load`: from
sending the audio that ends an utterance to receiving the final `Utterance`. The run passes if the
95th percentile beside the greedy stream is at most MOST_SLOWER times that without it.
"""

import argparse
import asyncio
import json
import sys
from typing import Any

import numpy as np

from benchmarks.recogniser import add_asr
from benchmarks.served import Served, machine, served, turn
from sentivox.client import connect
from sentivox.client.address import stream_url
from sentivox.client.link import Link
from sentivox.load.caller import CallOutcome, PacedCall
from sentivox.load.dialogue import dialogue, sample_turns
from sentivox.load.protocols import V1
from sentivox.types import SAMPLE_RATE

FRAME_S = 0.04  # seconds of audio in a message
TALK = 0.5  # share of the time with speech
MOST_SLOWER = 1.3


async def live(server: Served, options: argparse.Namespace) -> dict[str, float]:
    """Run all live streams, with the same dialogues each time; return p50 and p95 in ms."""
    address = stream_url(
        server.url,
        sample_rate=SAMPLE_RATE,
        encoding="linear16",
        channels=1,
        language="en",
        modalities=options.modalities,
    )
    link, rng, said = (
        Link(address=address, upload=False, token=None),
        np.random.default_rng(0),
        sample_turns(),
    )
    calls = [
        PacedCall(link, dialogue(said, options.seconds, talk=TALK, rng=rng), FRAME_S, V1)
        for _ in range(options.streams)
    ]
    total = CallOutcome()
    for outcome in await asyncio.gather(
        *(c.run(wait) for c, wait in zip(calls, rng.uniform(0, 1, len(calls)), strict=True))
    ):
        total.add(outcome)
    assert not total.errors, total.errors
    p50, p95 = np.percentile(np.array(total.latencies) * 1e3, [50, 95])
    return {
        "utterances": len(total.latencies),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
    }


async def greedy(server: Served, options: argparse.Namespace) -> None:
    """Send audio as fast as the server takes it, until cancelled."""
    async with connect(server.url, modalities=options.modalities, upload=True) as stream:
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


async def fairness(options: argparse.Namespace) -> dict[str, Any]:
    """Run the live streams without the greedy stream and then with it; return the report."""
    where = machine()
    async with served(options.asr, max_streams=options.streams + 1) as server:
        alone = await live(server, options)
        eating = asyncio.create_task(greedy(server, options))
        beside = await live(server, options)
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
    """Parse the options, run, print, and exit with 1 if it failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--modalities",
        type=lambda text: tuple(text.split(",")),
        default=("audio",),
        help="of all streams: audio, or text,audio",
    )
    add_asr(parser)
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
