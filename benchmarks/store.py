"""Measure what a store costs live streams, and how fast a large one answers.

    python -m benchmarks.store large                              # a million utterances, SQLite
    python -m benchmarks.store large --utterances 100000 --store postgresql://user@host/empty
    python -m benchmarks.store live --streams 32                  # streams without and with a store

`large` fills an empty database with made conversations of 40 utterances whose words are those of
`benchmarks/service`, and times what the server does for a page of the history. `live` runs the same
dialogues, tone and words, against a server without and with a store in turn.
"""

import argparse
import asyncio
import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import convert, to_builtins

from sentivox.cli.local_server import LocalServer
from sentivox.client.address import stream_url
from sentivox.client.http import Site
from sentivox.client.link import Link
from sentivox.load.gauge import ServerMonitor
from sentivox.load.trial import LoadPlan, run_trial
from sentivox.protocol.events import Begin, Latency, Utterance
from sentivox.protocol.sentiment import Fused, Peak, Sentiment, ToneSentiment
from sentivox.store.database import Database
from sentivox.store.document import as_json
from sentivox.store.filters import SessionFilter
from sentivox.store.records import AnyChange, Began, Ended, Said
from sentivox.store.store import Store
from sentivox.store.write import apply
from sentivox.system.machine import this_machine
from sentivox.types import EMOTIONS, SENTIMENTS

LENGTH = 40  # utterances of a conversation
AT_A_TIME = 25  # conversations written in a transaction
RUNS = 20  # of each question
START = 1_700_000_000.0

BEGIN = convert(
    {
        "type": "Begin",
        "config": {"channels": 2, "roles": ["agent", "customer"]},
        "limits": {},
        "models": {"vad": "v", "tone": "t", "asr": "a", "text": {"en": "x"}},
        "profile": "standard",
    },
    Begin,
)


def sentences() -> list[str]:
    """The sentences of customer service, in English and Chinese."""
    table = Path(__file__).parent / "service" / "sentences.tsv"
    with table.open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file, delimiter="\t")]


def conversations(number: int, rng: random.Random) -> Iterator[list[AnyChange]]:
    """Made conversations, a minute apart."""
    said = sentences()
    for n in range(number):
        name, at = f"made-{n}", START + 60.0 * n
        spoken = [
            Said(session_id=name, utterance=utterance(i, rng.choice(said), rng), tone=bytes(19 * 5))
            for i in range(LENGTH)
        ]
        mood = [round(rng.uniform(-1, 1), 4) for _ in range(32)]
        began = Began(session_id=name, at=at, owner=f"team{n % 5}", source="stream", begin=BEGIN,
                      version="bench", tags=(f"day:{n // 1440}", f"team:{n % 5}"))  # fmt: skip
        ended = Ended(session_id=name, at=at + 200, outcome="closed", duration=200.0, mood=mood)
        yield [began, *spoken, ended]


def utterance(number: int, words: str, rng: random.Random) -> Utterance:
    """An utterance with these words and scores at random."""
    scores = shares(SENTIMENTS, rng)
    label: Any = max(scores, key=scores.__getitem__)
    score = round(scores["positive"] - scores["negative"], 4)
    sentiment = Sentiment(label=label, score=score, scores=scores)
    tone = ToneSentiment(label=label, score=score, scores=scores, emotions=shares(EMOTIONS, rng),
                         peak=Peak(t=5.0 * number, score=score))  # fmt: skip
    fused = Fused(label=label, scores=scores, weights={"text": 0.6, "audio": 0.4},
                  confidence=scores[label], agreement=None)  # fmt: skip
    return Utterance(
        channel=number % 2, utterance_id=number, revision=1, final=True, start=5.0 * number,
        end=5.0 * number + 3, transcript=words, language="en", asr_confidence=0.9,
        text_sentiment=sentiment, audio_sentiment=tone, fused_score=score, fused=fused,
        latency_ms=Latency(queue=1, vad=2, asr=80, text=3, audio=2, fusion=0.2, total=90),
        degraded=[], seq=number,
    )  # fmt: skip


def shares(names: tuple[str, ...], rng: random.Random) -> dict[str, float]:
    """Random probabilities."""
    drawn = [rng.random() + 0.05 for _ in names]
    return {name: round(x / sum(drawn), 4) for name, x in zip(names, drawn, strict=True)}


async def large(options: argparse.Namespace) -> dict[str, Any]:
    """Fill a database, and time what is asked of it."""
    database = Database.at(options.store)
    try:
        await database.prepare()
        number, began = options.utterances // LENGTH, time.perf_counter()
        batch: list[AnyChange] = []
        for n, changes in enumerate(conversations(number, random.Random(0)), 1):
            batch += changes
            if n % AT_A_TIME == 0 or n == number:
                await database.write(partial(apply, changes=batch))
                batch = []
        took = time.perf_counter() - began
        store = Store(database)
        middle = f"made-{number // 2}"
        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "list, newest": listing(store),
            "list, of one tag": listing(store, tags=("team:3",)),
            "list, negative and angry": listing(store, label="negative", emotion="angry"),
            "list, mean score below -0.1": listing(store, max_score=-0.1),
            "search, two common words": listing(store, text="very sorry"),
            "search, a phrase": listing(store, text='"sorry about that"'),
            "search, Chinese": listing(store, text="抱歉"),
            "search, no such words": listing(store, text="antidisestablishmentarianism"),
            "one session": lambda: session(store, middle),
        }
        figures: dict[str, Any] = {name: await timed(ask) for name, ask in questions.items()}
        clock = time.perf_counter()
        await store.erase(middle, None)
        figures["erase one session"] = {"p50_ms": round(1e3 * (time.perf_counter() - clock), 1)}
        size = sum(p.stat().st_size for p in database.file.parent.glob(f"{database.file.name}*")
                   if p.is_file()) if database.file else None  # fmt: skip
        return {
            "utterances": number * LENGTH,
            "written_per_s": round(number * LENGTH / took),
            "file_mb": None if size is None else round(size / 1e6),
            "times": figures,
        }
    finally:
        await database.close()


def listing(store: Store, **wanted: Any) -> Callable[[], Awaitable[object]]:  # noqa: ANN401
    """What the first page of a list asks for."""
    return lambda: store.page(SessionFilter(**wanted), None, limit=50)


async def session(store: Store, name: str) -> None:
    """What the page of a session asks for."""
    kept = await store.kept(name, None)
    assert kept is not None
    as_json(kept)


async def timed(ask: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """Wall milliseconds of a question."""
    times: list[float] = []
    for _ in range(RUNS):
        clock = time.perf_counter()
        await ask()
        times.append(1e3 * (time.perf_counter() - clock))
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}


def live(options: argparse.Namespace) -> dict[str, Any]:
    """Run the same streams without and with a store, in turn."""
    plan = LoadPlan(seconds=options.seconds, talk=0.4, frame_s=0.05, seed=0)
    trials: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(2 * options.rounds):
            kind = ("without", "with")[turn % 2]
            store = options.store or f"sqlite:///{folder}/{turn}.db"
            more = ("--store", store) if kind == "with" else ()
            with LocalServer("--max-streams", "100000", "--asr", options.asr, *more) as server:
                server.wait_ready()
                address = stream_url(server.url, sample_rate=16_000, encoding="linear16",
                                     channels=1, language="en",
                                     modalities=["text", "audio"])  # fmt: skip
                link = Link(address=address, upload=False, token=None)
                gauge = ServerMonitor(Site.at(server.url), server.pid)
                trial = run_trial(link, gauge, options.streams, plan)
            assert trial.errors == 0, trial.first_error
            trials[kind].append({"p50_ms": trial.p50_ms, "p95_ms": trial.p95_ms,
                                 "server_cpu": trial.server_cpu,
                                 "utterances": trial.utterances})  # fmt: skip
    return {
        "streams": options.streams,
        "trials": trials,
        "p95_ratio": ratio(trials, "p95_ms"),
        "cpu_ratio": ratio(trials, "server_cpu"),
    }


def ratio(trials: dict[str, list[dict[str, float]]], name: str) -> float:
    """Median with a store over median without."""
    having, lacking = (np.median([t[name] for t in trials[k]]) for k in ("with", "without"))
    return round(float(having / lacking), 3)


def main() -> None:
    """Run one of the two measurements."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    of_size = kinds.add_parser("large")
    of_size.add_argument("--utterances", type=int, default=1_000_000)
    of_size.add_argument("--store", help="an empty database; by default a SQLite file")
    of_streams = kinds.add_parser("live")
    of_streams.add_argument("--streams", type=int, default=32)
    of_streams.add_argument("--asr", default="whisper-tiny.en", help="the recogniser")
    of_streams.add_argument("--seconds", type=float, default=60.0)
    of_streams.add_argument("--rounds", type=int, default=3)
    of_streams.add_argument("--store", help="an empty database; by default a SQLite file")
    options = parser.parse_args()
    if options.kind == "live":
        found = live(options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            options.store = options.store or f"sqlite:///{folder}/calls.db"
            found = asyncio.run(large(options))
    json.dump({"machine": to_builtins(this_machine())} | found, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
