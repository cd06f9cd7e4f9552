"""Measure what a stream costs a server in each protocol, compared with protocol v1.

    python -m benchmarks.protocols                     # tone only, 5 rounds: about 20 minutes
    python -m benchmarks.protocols --words             # words too, by the recogniser installed
    python -m benchmarks.protocols --protocols vosk,xiaozhi --rounds 3

The same dialogues are streamed in real time to one running server, in messages of 60 ms, in each
protocol in turn and each time in v1 just before. The figure is the CPU time of the server and its
processes, in milliseconds per second of a stream's audio. What counts is the ratio of such a pair,
with its median and quartiles over the rounds, as other work on the machine slows both. Two more
rows tell formats from protocols: "v1 again" is what two equal runs differ by, and "v1, mu-law" has
the audio of twilio. What decoding and resampling cost by themselves is measured in this process.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from msgspec import to_builtins

from benchmarks.rounds import spread
from sentivox.audio.opus import DECODED, OpusDecoder
from sentivox.audio.pcm import AudioFormat, PcmDecoder
from sentivox.cli.local_server import LocalServer
from sentivox.client.http import Site
from sentivox.client.link import Link
from sentivox.load.dialogue import dialogue, sample_turns
from sentivox.load.encoders import mulaw, opus, pcm
from sentivox.load.gauge import ServerMonitor
from sentivox.load.protocol import LoadProtocol
from sentivox.load.protocols import PROTOCOLS, V1
from sentivox.load.trial import LoadPlan, LoadTrial, run_trial
from sentivox.system.machine import this_machine
from sentivox.types import SAMPLE_RATE

FRAME_S: Final = 0.06  # a length that Opus has
TALK: Final = 0.4  # share of the time with speech
MOST: Final = 1.15  # times the CPU time of v1 that a protocol may cost
NARROW: Final = {"encoding": "mulaw", "sample_rate": "8000"}

ROWS: Final[Mapping[str, LoadProtocol]] = {
    **{name: protocol for name, protocol in PROTOCOLS.items() if protocol is not V1},
    "v1 again": V1,
    "v1, mu-law": replace(V1, query={**V1.query, **NARROW}, encode=mulaw),
}


def streamed(server: LocalServer, row: str, options: argparse.Namespace) -> LoadTrial:
    """Run all streams once in one protocol."""
    protocol = ROWS[row]
    # A server without recognisers has no words, whatever is asked for.
    link = Link(address=protocol.address(server.url, "text,audio"), upload=False, token=None)
    plan = LoadPlan(options.seconds, TALK, FRAME_S, seed=0, protocol=protocol)
    trial = run_trial(link, ServerMonitor(Site.at(server.url), server.pid), options.streams, plan)
    assert trial.errors == 0, (row, trial.first_error)
    assert not trial.warnings, (row, trial.warnings)
    return trial


def measured(options: argparse.Namespace) -> dict[str, list[tuple[LoadTrial, LoadTrial]]]:
    """Run each row once in each round, and v1 before it, after a warm-up: pairs of v1 and row."""
    pairs: dict[str, list[tuple[LoadTrial, LoadTrial]]] = {row: [] for row in options.protocols}
    more = () if options.words else ("--tone-only",)
    with LocalServer("--max-streams", "100000", "--no-degrade", *more) as server:
        server.wait_ready()
        streamed(server, "v1 again", options)
        for n in range(options.rounds):
            for row in rotated(options.protocols, n):
                pair = streamed(server, "v1 again", options), streamed(server, row, options)
                pairs[row].append(pair)
                print(n, row, *(trial.cpu_ms for trial in pair), file=sys.stderr)
    return pairs


def rotated(rows: list[str], by: int) -> list[str]:
    """The rows in an order that begins elsewhere in every round."""
    at = by % len(rows)
    return rows[at:] + rows[:at]


def by_itself(act: Callable[[], object], seconds: float) -> float:
    """The median CPU time of 5 calls in milliseconds per second of audio."""
    times: list[float] = []
    for _ in range(5):
        began = time.process_time()
        act()
        times.append((time.process_time() - began) * 1e3 / seconds)
    return round(statistics.median(times), 3)


def formats() -> dict[str, float]:
    """What the formats of audio cost that differ from v1's 16 kHz, by themselves."""
    seconds, rng = 30.0, np.random.default_rng(0)
    audio = dialogue(sample_turns(), seconds, talk=TALK, rng=rng)
    size = round(FRAME_S * SAMPLE_RATE)
    packets, narrow = opus(audio, size), mulaw(audio, size)
    decoder = OpusDecoder()
    decoded = [decoder.decode(packet) for packet in packets]

    def decode() -> None:
        fresh = OpusDecoder()
        for packet in packets:
            fresh.decode(packet)

    def heard(pieces: list[bytes], audio_format: AudioFormat) -> Callable[[], None]:
        def hear() -> None:
            core = PcmDecoder(audio_format)
            for piece in pieces:
                core.decode(piece)

        return hear

    return {
        "Opus decoded": by_itself(decode, seconds),
        "float32 at 48 kHz, as decoded, to 16 kHz": by_itself(heard(decoded, DECODED), seconds),
        "mu-law at 8 kHz to 16 kHz": by_itself(heard(narrow, AudioFormat("mulaw", 8000)), seconds),
        "int16 at 16 kHz": by_itself(
            heard(pcm(audio, size), AudioFormat("linear16", SAMPLE_RATE)), seconds
        ),
    }


def report(pairs: dict[str, list[tuple[LoadTrial, LoadTrial]]]) -> dict[str, Any]:
    """For each row its median CPU time, and its ratio to v1 within the pairs."""
    rows: dict[str, Any] = {}
    for row, taken in pairs.items():
        base, own = np.array([[trial.cpu_ms for trial in pair] for pair in taken]).T
        rows[row] = {
            "v1_cpu_ms": round(float(np.median(base)), 2),
            "cpu_ms": round(float(np.median(own)), 2),
            "to_v1": spread(own / base),
            "utterances": [trial.utterances for _, trial in taken],
        }
    return rows


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--words", action="store_true", help="words as well as tone")
    parser.add_argument("--protocols", type=lambda text: text.split(","), default=list(ROWS),
                        help="some rows, with commas")  # fmt: skip
    options = parser.parse_args()
    found = {
        "machine": to_builtins(this_machine()),
        "load": os.getloadavg()[0],
        "streams": options.streams,
        "rows": report(measured(options)),
        "by_itself_ms": formats(),
    }
    json.dump(found, sys.stdout, indent=1)
    dear = {row: told["to_v1"]["median"] for row, told in found["rows"].items()}
    sys.exit(f"over {MOST} times v1: {dear}" if max(dear.values()) > MOST else 0)


if __name__ == "__main__":
    main()
