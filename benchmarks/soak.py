"""Run days of calls through a server at full speed, and check that its resources do not grow.

    python -m benchmarks.soak                          # 8 streams, eight hours each
    python -m benchmarks.soak --hours 0.1 --session-minutes 2       # a short run

Each stream is one session after another, sent as fast as the server takes it. At any time `--words`
of the streams ask for words too, the others for tone alone. The server is a process of its own and
reports its resources twice a second. The run passes if every stream of messages is complete, and if
after the warm-up (the first fifth) memory, tasks, descriptors and threads each stay within 5 % of
their median, as means over a twentieth of the run.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from typing import Any

from benchmarks.account import Account, total
from benchmarks.recogniser import add_asr
from benchmarks.served import Sample, Served, machine, served, turn
from sentivox.client import connect
from sentivox.types import SAMPLE_RATE

WARM_UP = 0.2  # share of the samples that is left out, at the beginning
PARTS = 20  # means are taken over one of so many parts of the run
MOST_SWING = 0.05  # largest relative distance of a mean from the median
PIECE = SAMPLE_RATE  # bytes: 0.5 s


async def session(server: Served, seconds: float, *, words: bool) -> Account:
    """Run one session with `seconds` of audio, from Begin to Termination."""
    account, minute = Account(), turn().tobytes()
    modalities = ("text", "audio") if words else ("audio",)
    async with connect(server.url, modalities=modalities, upload=True) as stream:
        account.take(stream.begin)

        async def send() -> None:
            left = int(seconds * SAMPLE_RATE) * 2
            while left > 0:
                for at in range(0, min(left, len(minute)), PIECE):
                    await stream.send(minute[at : min(at + PIECE, left)])
                left -= len(minute)
            await stream.close()

        sending = asyncio.create_task(send())
        async for event in stream:
            account.take(event)
        await sending
    account.close(seconds)
    return account


async def line(server: Served, number: int, options: argparse.Namespace) -> list[Account]:
    """Run the sessions of one stream one after another; streams take turns at asking for words."""
    left, accounts = options.hours * 3600, list[Account]()
    while left > 1:
        words = (number + len(accounts)) % options.streams < options.words
        seconds = min(left, options.session_minutes * 60)
        accounts.append(await session(server, seconds, words=words))
        left -= seconds
    return accounts


def judged(samples: list[Sample]) -> dict[str, dict[str, Any]]:
    """Return for each resource its median after the warm-up, and how far means stray from it."""
    kept = samples[int(len(samples) * WARM_UP) :]
    size = max(1, len(kept) // PARTS)
    figures: dict[str, dict[str, Any]] = {}
    for name in ("rss_mb", "tasks", "fds", "threads"):
        values = [getattr(sample, name) for sample in kept]
        middle = statistics.median(values)
        means = [statistics.mean(values[i : i + size]) for i in range(0, len(values), size)]
        swing = max(abs(mean - middle) for mean in means) / middle
        figures[name] = {
            "median": middle,
            "least": min(values),
            "most": max(values),
            "swing": round(swing, 4),
            "passed": swing <= MOST_SWING,
        }
    return figures


async def soak(options: argparse.Namespace) -> dict[str, Any]:
    """Run all streams; return the report."""
    where, began = machine(), time.monotonic()
    async with served(options.asr, max_streams=options.streams + 8) as server:
        lines = [line(server, number, options) for number in range(options.streams)]
        accounts = [account for one in await asyncio.gather(*lines) for account in one]
        # With fewer streams open, between two sessions or near the end, the server holds less.
        samples = [s for s in server.samples if s.streams == options.streams]
    wall_s, audio_s = time.monotonic() - began, sum(a.heard_s for a in accounts)
    figures, streams = judged(samples), total(accounts)
    return {
        "machine": where,
        "streams": options.streams,
        "hours": options.hours,
        "with_words": options.words,
        "wall_s": round(wall_s, 1),
        "times_real_time": round(audio_s / wall_s, 1),
        "samples": len(samples),
        **streams,
        "figures": figures,
        "passed": all(f["passed"] for f in figures.values()) and not streams["problems"],
    }


def main() -> None:
    """Parse the options, run, print, and exit with 1 if it failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--hours", type=float, default=8.0, help="of audio, in each stream")
    parser.add_argument("--session-minutes", type=float, default=60.0)
    parser.add_argument("--words", type=int, default=1, help="streams with words at any time")
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(soak(options))
    if options.json:
        print(json.dumps(report))
    else:
        show(report)
    sys.exit(not report["passed"])


def show(report: dict[str, Any]) -> None:
    """Print the report as a table."""
    for name, value in report.items():
        if name not in {"figures", "passed"}:
            print(f"{name:18} {value}")
    print(f"\n{'':10}{'median':>10}{'least':>10}{'most':>10}{'swing':>10}")
    for name, figure in report["figures"].items():
        shown = "".join(f"{figure[key]:>10}" for key in ("median", "least", "most"))
        verdict = "" if figure["passed"] else "  FAIL"
        print(f"{name:10}{shown}{figure['swing']:>10.1%}{verdict}")
    print("\npass" if report["passed"] else "\nFAIL")


if __name__ == "__main__":
    main()
