"""Find the load from which it pays to give the small models inputs of several streams at once.

    python -m benchmarks.batching [--ticks N] [--rounds N] [--json]

Two comparisons. In each the alternatives take turns, so that other work on the machine slows all
of them:

* *together*: the inputs of a number of streams fall due at once, as tone windows do in a full
  server. They go through `ModelThreads`, either one in each call or several. Measured are the
  milliseconds of CPU for each input, with threads, locks and futures, and the milliseconds until
  the last result.
* *joint*: several inputs in one ONNX run, instead of one after the other. Measured are the
  milliseconds for each input on one thread, and how far the results change: a model with int8
  activations uses one scale for a joint run, so the result of a stream would depend on the others.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import asdict
from typing import Any

import numpy as np
from onnxruntime import InferenceSession

from sentivox.engine.batching import Call, Model, ModelThreads
from sentivox.system.machine import this_machine, usable_cores
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.tone.features import features
from sentivox.tone.model import ToneModel
from sentivox.types import SAMPLE_RATE

STREAMS = (1, 2, 3, 4, 6, 8, 16, 32, 64)
WINDOW_S = 3.0
NEVER = 1 << 30  # inputs waiting before they are joined in one call: more than there ever are
SENTENCE = {
    "en": "i have been waiting for an hour and nobody has called me back",
    "zh": "我已经等了一个小时了没有人给我打电话",
}


def window() -> np.ndarray:
    """Return the features of a tone window of full length, shape (frames, dims)."""
    rng = np.random.default_rng(0)
    return features(rng.normal(0, 3000, round(WINDOW_S * SAMPLE_RATE)).astype(np.int16))


def tick(threads: ModelThreads, model: Model, given: object, streams: int) -> float:
    """Submit one input for each stream; return the milliseconds until all results are there."""
    began = time.perf_counter()
    futures = [
        threads.submit(Call(model=model, input=given, stream=str(n), live=True, slack_s=0.5))
        for n in range(streams)
    ]
    wait(futures)
    return (time.perf_counter() - began) * 1e3


def together(model: Model, given: object, ticks: int, rounds: int) -> list[dict[str, Any]]:
    """Compare one input per call with several, for each number of streams due at once."""
    ways = {
        "alone": ModelThreads(usable_cores(), NEVER),
        "together": ModelThreads(usable_cores(), 2),
    }
    rows: list[dict[str, Any]] = []
    for streams in STREAMS:
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        last: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, threads in ways.items():
                before = time.process_time()
                last[way] += [tick(threads, model, given, streams) for _ in range(ticks)]
                cpu[way].append((time.process_time() - before) * 1e3 / ticks / streams)
        rows.append(
            {
                "streams": streams,
                "cpu_ms": {way: round(min(times), 4) for way, times in cpu.items()},
                "last_ms": {way: round(statistics.median(times), 3) for way, times in last.items()},
            }
        )
    for threads in ways.values():
        threads.close()
    return rows


def best(act: Callable[[], object], rounds: int) -> float:
    """Call `act` `rounds` times; return the shortest time in milliseconds."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1e3)
    return min(times)


def joint(
    session: InferenceSession, feed: dict[str, np.ndarray], rounds: int
) -> list[dict[str, Any]]:
    """Measure joint ONNX runs of 1 to 16 inputs of one length; `feed` has 16 inputs."""

    def run(start: int, stop: int) -> np.ndarray:
        part = {name: values[start:stop] for name, values in feed.items()}
        return session.run(["logits"], part)[0]

    alone = np.concatenate([run(n, n + 1) for n in range(16)])
    return [
        {
            "inputs": size,
            "ms": round(best(lambda size=size: run(0, size), rounds) / size, 4),
            "moved": float(np.abs(run(0, size) - alone[:size]).max()),
        }
        for size in (1, 2, 4, 8, 16)
    ]


def tone_feed() -> dict[str, np.ndarray]:
    """Return 16 different tone windows."""
    rng = np.random.default_rng(1)
    shape = (16, *window().shape)
    return {"features": (window() + rng.normal(0, 1, shape)).astype(np.float32)}


def text_feed(model: EmbeddedTextModel, text: str) -> dict[str, np.ndarray]:
    """Return 16 texts of equal length: the tokens of `text`, rotated by 0 to 15 places."""
    ids = model._tokenizer.encode(text).ids  # noqa: SLF001
    rows = np.array([[ids[0], *np.roll(ids[1:-1], n), ids[-1]] for n in range(16)], np.int64)
    return {"input_ids": rows, "attention_mask": np.ones_like(rows)}


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    tone = ToneModel.load()
    texts = {tag: EmbeddedTextModel.load(tag) for tag in SENTENCE}
    result: dict[str, Any] = {
        "machine": asdict(this_machine()),
        "together": {"tone": together(tone.classify, window(), asked.ticks, asked.rounds)},
        "joint": {"tone": joint(tone._session, tone_feed(), 5 * asked.rounds)},  # noqa: SLF001
    }
    for tag, model in texts.items():
        given = SENTENCE[tag]
        result["together"][f"text.{tag}"] = together(
            model.classify, given, max(1, asked.ticks // 10), asked.rounds
        )
        result["joint"][f"text.{tag}"] = joint(
            model._session,  # noqa: SLF001
            text_feed(model, given),
            5 * asked.rounds,
        )
    if asked.json:
        print(json.dumps(result))
        return
    for model, rows in result["together"].items():
        for row in rows:
            print(f"{model:9} together {row['streams']:3} streams  cpu ms an input {row['cpu_ms']}"
                  f"  last ms {row['last_ms']}")  # fmt: skip
    for model, rows in result["joint"].items():
        for row in rows:
            print(f"{model:9} joint {row['inputs']:3} inputs  ms an input {row['ms']:.4f}"
                  f"  moved {row['moved']:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
