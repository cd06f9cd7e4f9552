"""Stop the database, kill the server and fail the receiver at random, and see what is missing.

    python -m benchmarks.store_chaos                                  # ten minutes, four clients
    python -m benchmarks.store_chaos --seconds 60 --seed 3            # a short run

Clients send two sentences again and again, tone only, to a server with a PostgreSQL and a receiver
of webhooks. The run passes if every utterance that a client was told of, and that had left the
server's memory (half a second), is stored once, and if the end of every session has reached the
receiver or waits for its next attempt; but those that the server still had in memory when it died.
Needs PostgreSQL.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from msgspec import to_builtins
from websockets.exceptions import WebSocketException

from sentivox.store.database import Database
from sentivox.store.deliveries import StoredDeliveries
from sentivox.system.machine import this_machine
from tests.outbound.receivers import Receiver, Request, in_background
from tests.server.serving import Caller, call_audio, pieces
from tests.server.test_process import sentivox_serve
from tests.store import postgres
from tests.webhooks.made import configured

Place = tuple[str, int, int]
"""Session, channel and id of an utterance."""

FAILING = 0.3
"""Share of webhooks whose first attempt fails."""

READ_S = 1.0
"""Seconds after the server's death in which clients still read what it had sent."""

KEPT_S = 5.0
"""Seconds within which a webhook is in the database, if that answers for so long."""

SETTLED_S = 120.0
"""Longest wait, at the end, for what is still on its way."""


@dataclass
class Told:
    """What clients were told, and when."""

    utterances: dict[Place, tuple[int, float]] = field(default_factory=dict[Place, Any])
    """The latest revision of each, and when it came."""

    ended: dict[str, float] = field(default_factory=dict[str, float])
    """Session -> when its Termination came."""

    broken: int = 0
    """Sessions that the server's death cut off, or that it refused."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, message: dict[str, Any]) -> None:
        """Keep what a message says."""
        now = time.monotonic()
        with self.lock:
            session = message["session_id"]
            if message["type"] == "Utterance":
                place = session, message["channel"], message["utterance_id"]
                self.utterances[place] = message["revision"], now
            elif message["type"] == "Termination":
                self.ended[session] = now


class World:
    """The database, the receiver and the server, and what befell them."""

    def __init__(self, folder: Path, database: postgres.Postgres, receiver: Receiver) -> None:
        self.database = database
        self.address = ""
        self.deaths: list[float] = []
        self.away: list[tuple[float, float]] = []  # from and until when the database was stopped
        self._stopped: float | None = None
        self._folder = folder
        configured(folder, ["session.ended"], crm=receiver.port)
        self.store = database.create("calls")
        self._options = (
            "--tone-only", "--store", self.store, "--store-spill", folder / "spill",
            "--webhooks", folder / "hooks.toml",
        )  # fmt: skip

    @contextmanager
    def serving(self) -> Generator[subprocess.Popen[str]]:
        """A server, from when it is ready."""
        log = self._folder / f"log{len(self.deaths)}"
        with sentivox_serve(log, *self._options) as (process, at):
            self.address = at
            while not self.get("/readyz"):
                time.sleep(0.1)
            yield process

    def toggle_database(self) -> None:
        """Stop the database, or start it again."""
        now = time.monotonic()
        if self._stopped is None:
            self._stopped = now
            self.database.stop()
        else:
            self.database.start()
            self.away.append((self._stopped, time.monotonic()))
            self._stopped = None

    def restore_database(self) -> None:
        """Start the database if it is stopped."""
        if self._stopped is not None:
            self.toggle_database()

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401
        """The answer to a request; None if there is none."""
        with suppress(httpx.HTTPError):
            answer = httpx.get(
                f"http://{self.address}{path}", params=query, timeout=60, trust_env=False
            )
            if answer.is_success:
                return answer.text if path == "/metrics" else answer.json()
        return None

    def metric(self, name: str) -> float:
        """The value of one of the server's metrics; 1 where it does not say."""
        lines = (self.get("/metrics") or "").splitlines()
        found = (float(line.split()[-1]) for line in lines if line.startswith(f"sentivox_{name} "))
        return next(found, 1.0)


class Moody:
    """A receiver that fails at the first attempt of some deliveries."""

    def __init__(self, chance: random.Random) -> None:
        self.arrived: Counter[str] = Counter()  # sessions whose end it was told
        self._chance = chance
        self._seen: set[str] = set()

    async def behave(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Answer, refuse, or cut the connection."""
        name, drawn = request.headers["webhook-id"], self._chance.random()
        fails = name not in self._seen and drawn < FAILING
        self._seen.add(name)
        if fails and drawn < FAILING / 2:
            writer.transport.abort()
            return
        if not fails:
            self.arrived[json.loads(request.body)["data"]["session_id"]] += 1
        status = 500 if fails else 204
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


def client(world: World, told: Told, speech: bytes, stop: threading.Event) -> None:
    """Stream the sentences again and again."""
    while not stop.is_set():
        try:
            with Caller(f"ws://{world.address}/v1/stream?modalities=audio", {}) as caller:
                for piece in pieces(speech, 16_000):
                    caller.send(piece)
                    time.sleep(0.1)
                caller.say("CloseStream")
                while True:
                    message = caller.next()
                    told.note(message)
                    if message["type"] == "Termination":
                        break
        except (OSError, WebSocketException, TimeoutError):
            told.broken += 1
            time.sleep(0.5)


def befall(world: World, chance: random.Random, seconds: float) -> None:
    """Let things happen for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with world.serving() as process:
            dies = min(until, time.monotonic() + chance.uniform(15, 60))
            while time.monotonic() < dies:
                time.sleep(min(chance.uniform(2, 12), max(dies - time.monotonic(), 0)))
                world.toggle_database()
            world.deaths.append(time.monotonic())
            process.kill()
            process.wait()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run."""
    chance, told, stop = random.Random(options.seed), Told(), threading.Event()
    moody = Moody(random.Random(options.seed + 1))
    speech = call_audio(3.0, 9.4)
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as database,
        in_background(moody.behave) as receiver,
    ):
        world = World(Path(folder), database, receiver)
        clients = [
            threading.Thread(target=client, args=(world, told, speech, stop))
            for _ in range(options.clients)
        ]
        starter = threading.Timer(5.0, lambda: [each.start() for each in clients])
        starter.start()
        befall(world, chance, options.seconds)
        stop.set()
        starter.join()
        for each in clients:
            each.join()
        world.restore_database()
        with world.serving():
            waiting = time.monotonic() + SETTLED_S
            while time.monotonic() < waiting and (
                world.metric("store_waiting") or world.metric("store_spilled_bytes")
            ):
                time.sleep(0.2)
            missing, stored = found_missing(world, told)
            owed = {s for s, at in told.ended.items() if not in_memory(world, at)}
            while time.monotonic() < waiting and owed - moody.arrived.keys():
                time.sleep(0.2)
            unseen = owed - moody.arrived.keys()
        waiting_still = asyncio.run(undelivered(world.store))
        return {
            "seconds": options.seconds,
            "server_deaths": len(world.deaths),
            "database_stops": len(world.away),
            "sessions_ended": len(told.ended),
            "sessions_broken": told.broken,
            "utterances_told": len(told.utterances),
            "utterances_stored": stored,
            "missing": [before_death(world, told.utterances[place][1]) for place in missing],
            "rejected": (Path(folder) / "spill" / "rejected.txt").exists(),
            "webhooks_owed": len(owed),
            "webhooks_to_be_retried": len(unseen & waiting_still),
            "webhooks_missing": [
                before_death(world, told.ended[session]) for session in unseen - waiting_still
            ],
            "webhooks_for_others": len(moody.arrived.keys() - owed),
            "webhooks_twice": sum(count > 1 for count in moody.arrived.values()),
        }


def before_death(world: World, at: float) -> str:
    """How long before the server's death something was, and how the database was then."""
    death = min((death for death in world.deaths if death >= at - READ_S), default=None)
    if death is None:
        return "the server lived on"
    toggles = [f"{edge - at:+.1f}" for span in world.away for edge in span if abs(edge - at) < 9]
    return f"{death - at:.2f} s before a death; the database changed at {', '.join(toggles)} s"


async def undelivered(store: str) -> set[str]:
    """The sessions whose end waits in the database for its next attempt."""
    database = Database.at(store)
    try:
        return {each.session_id for each in await StoredDeliveries(database).listed("pending")}
    finally:
        await database.close()


def in_memory(world: World, at: float) -> bool:
    """Whether a webhook of this time may have died with the server, which had it in memory yet.

    There webhooks wait while the database is away.
    """
    death = min((death for death in world.deaths if death >= at - READ_S), default=None)
    if death is None:
        return False
    away = [(max(start, at), min(end, death)) for start, end in world.away]
    edges = [at, *(edge for span in away if span[0] < span[1] for edge in span), death]
    return max(end - start for start, end in zip(edges[::2], edges[1::2], strict=True)) < KEPT_S


def found_missing(world: World, told: Told) -> tuple[list[Place], int]:
    """The utterances that are not stored though they should be, and how many are."""
    held: Counter[Place] = Counter()
    revisions: dict[Place, int] = {}
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = world.get("/v1/sessions", limit=200, **cursor)
        for each in page["sessions"]:
            for u in world.get(f"/v1/sessions/{each['id']}/utterances")["utterances"]:
                place = each["id"], u["channel"], u["utterance_id"]
                held[place] += 1
                revisions[place] = u["revision"]
        cursor = {"cursor": page["cursor"]} if page.get("cursor") else None
    missing: list[Place] = []
    for place, (revision, at) in told.utterances.items():
        unwritten = any(death - 1.0 <= at <= death + READ_S for death in world.deaths)
        right = held[place] == 1 and revisions[place] >= revision
        if not right and not unwritten:
            missing.append(place)
    return missing, len(held)


def main() -> None:
    """Print the figures; exit 1 if anything is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    if postgres.binaries() is None:
        sys.exit(postgres.MISSING)
    figures = run(parser.parse_args())
    print(json.dumps({"machine": to_builtins(this_machine()), **figures}, indent=1))
    sys.exit(1 if figures["missing"] or figures["webhooks_missing"] else 0)


if __name__ == "__main__":
    main()
