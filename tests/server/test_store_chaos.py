"""A server and its database die at any moment; what clients were told stays stored."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.serving import Caller, Message, only, wait_for
from tests.server.test_process import sentivox_serve
from tests.store import postgres

SEED = 20
ROUNDS = 4


@pytest.fixture
def database() -> Iterator[postgres.Postgres]:
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    with postgres.running() as server:
        yield server


class Told:
    """What clients were told, by session, channel, utterance and revision."""

    def __init__(self) -> None:
        self.all: set[tuple[str, int, int, int]] = set()

    def note(self, messages: list[Message]) -> None:
        self.all |= {
            (u["session_id"], u["channel"], u["utterance_id"], u["revision"])
            for u in only(messages, "Utterance")
        }


def metric(http: httpx.Client, name: str) -> float:
    lines = http.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"sentivox_{name} "))


def test_nothing_that_was_told_is_missing_whoever_dies(
    tmp_path: Path, database: postgres.Postgres, speech: bytes
) -> None:
    chance = random.Random(SEED)
    address = database.create("calls")
    options = ("--tone-only", "--store", address, "--store-spill", tmp_path / "spill")
    told, up, spilled = Told(), True, 0.0
    for number in range(ROUNDS):
        with (
            sentivox_serve(tmp_path / f"log{number}", *options) as (process, at),
            httpx.Client(base_url=f"http://{at}", trust_env=False, timeout=300) as http,
        ):
            wait_for(lambda http=http: http.get("/readyz").is_success)
            for _ in range(chance.randint(2, 4)):
                if chance.random() < 0.5:
                    (database.stop if up else database.start)()
                    up = not up
                with Caller(f"ws://{at}/v1/stream?modalities=audio", {}) as caller:
                    told.note(caller.finish(speech))
            with Caller(f"ws://{at}/v1/stream?modalities=audio", {}) as cut_off:
                cut_off.send(speech)
                told.note(cut_off.until("Utterance"))
                wait_for(lambda http=http: metric(http, "store_waiting") == 0)
                spilled += metric(http, "store_spilled_bytes")
                process.kill()
    assert spilled > 0, "the database was never away"
    if not up:
        database.start()
    with (
        sentivox_serve(tmp_path / "log", *options) as (_, at),
        httpx.Client(base_url=f"http://{at}", trust_env=False, timeout=300) as http,
    ):
        wait_for(lambda: http.get("/readyz").is_success)
        wait_for(lambda: metric(http, "store_spilled_bytes") + metric(http, "store_waiting") == 0)
        sessions = http.get("/v1/sessions", params={"limit": 500}).json()["sessions"]
        assert {session for session, *_ in told.all} == {each["id"] for each in sessions}
        kept = {
            (each["id"], u["channel"], u["utterance_id"], u["revision"])
            for each in sessions
            for u in http.get(f"/v1/sessions/{each['id']}/utterances").json()["utterances"]
        }
    for session, channel, number, revision in told.all:
        held = [r for s, c, n, r in kept if (s, c, n) == (session, channel, number)]
        assert len(held) == 1
        assert held[0] >= revision
