"""Write-behind: nothing is lost while the database is away, nor twice there when it is back."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentivox.errors import StoreAway
from sentivox.protocol.events import Termination
from sentivox.store.database import Database
from sentivox.store.deliveries import StoredDeliveries
from sentivox.store.filters import SessionFilter
from sentivox.store.records import AnyChange, Owed, Said, encode
from sentivox.store.sink import StoreSink
from sentivox.store.spill import Spill
from sentivox.store.store import Store
from sentivox.store.texts import TEXT_FILTERS
from sentivox.store.writer import Writer
from tests.store import postgres
from tests.store.made import BEGIN, said, session, window
from tests.webhooks.made import delivery

SESSION = session("one", said(0, 1), said(1, 1, start=3.0))


@pytest.fixture
def mortal() -> Iterator[postgres.Postgres]:
    """A PostgreSQL server that the test may stop."""
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    with postgres.running() as server:
        yield server


@asynccontextmanager
async def writing(
    address: str, folder: Path, most_bytes: int = 1 << 20
) -> AsyncGenerator[tuple[Writer, Store]]:
    """A writer that is flushed by hand, and tries a database that was away at once."""
    database = Database.at(address)
    writer = Writer(database, Spill(folder, most_bytes), retry_s=0.0)
    try:
        await writer.open()
        yield writer, Store(database, writer)
    finally:
        await writer.close()
        await database.close()


async def held(store: Store) -> dict[str, int]:
    """The number of utterances of each session."""
    listed, _ = await store.page(SessionFilter(), None, limit=500)
    kept = [await store.kept(one.id, None) for one in listed]
    return {one.listed.id: len(one.utterances) for one in kept if one is not None}


def test_changes_are_written_in_batches(address: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with writing(address, tmp_path / "spill") as (writer, store):
            for change in [*SESSION, *session("two", *(said(0, n) for n in range(250)))]:
                assert writer.put(change)
            assert writer.waiting == 256
            assert await writer.flush()
            assert (writer.waiting, writer.written) == (0, 256)
            assert await held(store) == {"one": 2, "two": 250}
        assert list((tmp_path / "spill").iterdir()) == []

    asyncio.run(work())


def test_a_database_that_goes_and_comes_back(mortal: postgres.Postgres, tmp_path: Path) -> None:
    address = mortal.create("calls")

    async def work() -> None:
        async with writing(address, tmp_path) as (writer, store):
            for change in SESSION[:2]:
                writer.put(change)
            assert await writer.flush()
            await asyncio.to_thread(mortal.stop)
            for change in SESSION[2:]:
                writer.put(change)
                assert not await writer.flush()
            assert writer.waiting == 0
            assert writer.away is not None
            assert writer.spilled_bytes == sum(len(encode(change)) + 1 for change in SESSION[2:])
            await asyncio.to_thread(mortal.start)
            writer.put(session("two")[0])
            assert await writer.flush()
            assert (writer.away, writer.spilled_bytes) == (None, 0)
            assert await held(store) == {"one": 2, "two": 0}

    asyncio.run(work())


async def secured(writer: Writer) -> None:
    """Wait until nothing is in memory alone."""
    while writer.waiting:  # noqa: ASYNC110  (the writer tells nobody)
        await asyncio.sleep(0.01)


def test_what_waits_for_a_slow_database_is_safe_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentivox.store.database.BUSY_S", 600.0)
    monkeypatch.setattr("sentivox.store.writer.APPLY_S", 600.0)

    async def work() -> None:
        async with writing(f"sqlite:///{tmp_path}/calls.db", tmp_path / "spill") as (writer, store):
            with closing(sqlite3.connect(tmp_path / "calls.db", isolation_level=None)) as locked:
                locked.execute("BEGIN IMMEDIATE")
                for change in SESSION[:2]:
                    writer.put(change)
                flushing = asyncio.create_task(writer.flush())
                await secured(writer)
                for change in SESSION[2:]:
                    writer.put(change)
                await secured(writer)
                assert not flushing.done()
                assert writer.spilled_bytes == sum(len(encode(change)) + 1 for change in SESSION)
            assert await flushing
            assert (writer.spilled_bytes, writer.written) == (0, 4)
            assert await held(store) == {"one": 2}

    asyncio.run(work())


def test_a_database_that_is_away_at_the_start(mortal: postgres.Postgres, tmp_path: Path) -> None:
    address = mortal.create("calls")
    mortal.stop()

    async def work() -> None:
        async with writing(address, tmp_path) as (writer, store):
            for change in SESSION:
                writer.put(change)
            assert not await writer.flush()
            await asyncio.to_thread(mortal.start)
            assert await writer.flush()
            assert await held(store) == {"one": 2}

    asyncio.run(work())


def test_what_a_dead_process_left_is_taken_over(address: str, tmp_path: Path) -> None:
    left = b"".join(encode(change) + b"\n" for change in SESSION)
    cut_off = encode(Said(session_id="one", utterance=said(0, 2)))[:-40]
    folder = tmp_path / "spill"
    living = Spill(folder, 1 << 20)
    (folder / "4711-dead.jsonl").write_bytes(left + cut_off)
    living.append(session("of a living process"))

    async def work() -> None:
        async with writing(address, folder) as (writer, store):
            await writer.recover()
            assert await writer.flush()
            assert await held(store) == {"one": 2}

    asyncio.run(work())
    assert [path.name for path in folder.iterdir()] == [living.path.name]
    living.close()


def test_a_change_that_the_database_does_not_take(
    cluster: postgres.Postgres, tmp_path: Path
) -> None:
    address = cluster.create("rejecting")
    bad = Said(session_id="one", utterance=said(70_000, 1, words="no such channel"))

    async def work() -> None:
        async with writing(address, tmp_path) as (writer, store):
            for change in [*SESSION, bad, *session("two", said())]:
                writer.put(change)
            assert await writer.flush()
            assert writer.rejected == 1
            assert await held(store) == {"one": 2, "two": 1}

    asyncio.run(work())
    assert "no such channel" in (tmp_path / "rejected.txt").read_text()


def test_when_there_is_no_room_left(tmp_path: Path) -> None:
    async def work() -> None:
        nobody = "postgresql://user@127.0.0.1:1/calls"
        async with writing(nobody, tmp_path, most_bytes=500) as (writer, _):
            warned: list[str] = []
            sink = StoreSink(
                writer.put, texts=TEXT_FILTERS["full"], owner="", source="stream",
                refused=lambda: warned.append("no room"),
            )  # fmt: skip
            sink.take(BEGIN)
            sink.take(said())
            await writer.flush()
            sink.take(said(0, 2))
            sink.take(said(0, 3))
            sink.take(Termination(audio_seconds=9.0, utterances=3, reason="closed"))
            assert warned == ["no room"]
            assert sink.was_refused
            assert writer.refused == 1

    asyncio.run(work())


def test_a_full_disk_keeps_changes_in_memory(tmp_path: Path) -> None:
    async def work() -> None:
        async with writing("postgresql://user@127.0.0.1:1/calls", tmp_path) as (writer, _):
            limits = resource.getrlimit(resource.RLIMIT_FSIZE)
            for change in SESSION:
                writer.put(change)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
            try:
                assert not await writer.flush()
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert (writer.waiting, writer.spilled_bytes) == (4, 0)
            await writer.flush()
            assert writer.waiting == 0

    asyncio.run(work())
    (left,) = tmp_path.glob("*.jsonl")
    assert left.read_bytes() == b"".join(encode(change) + b"\n" for change in SESSION)


def test_a_webhook_of_a_time_without_a_database_is_kept_too(
    mortal: postgres.Postgres, tmp_path: Path
) -> None:
    address = mortal.create("calls")

    async def work() -> None:
        async with writing(address, tmp_path) as (writer, _):
            database = Database.at(address)
            deliveries = StoredDeliveries(database, later=writer.put)
            await asyncio.to_thread(mortal.stop)
            await deliveries.add(delivery("one", session_id="s"))
            assert not await writer.flush()
            assert writer.spilled_bytes > 0
            await asyncio.to_thread(mortal.start)
            assert await writer.flush()
            sent = replace(delivery("one", session_id="s"), status="delivered", attempts=1)
            await deliveries.update(sent)
            writer.put(Owed(session_id="s", delivery=delivery("one", session_id="s")))
            assert await writer.flush()  # a second time changes nothing
            assert await deliveries.listed() == [sent]
            await database.close()

    asyncio.run(work())


def test_a_webhook_for_which_there_is_no_room_waits() -> None:
    async def work() -> None:
        database = Database.at("postgresql://user@127.0.0.1:1/calls")
        with pytest.raises(StoreAway):
            await StoredDeliveries(database).add(delivery("one"))
        await database.close()

    asyncio.run(work())


def test_erasing_waits_for_what_is_not_written_yet(address: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with writing(address, tmp_path) as (writer, store):
            for change in SESSION:
                writer.put(change)
            assert await store.erase("one", None)
            assert await writer.flush()
            assert await held(store) == {}

    asyncio.run(work())


def test_live_tone_goes_with_its_utterance() -> None:
    told: list[AnyChange] = []

    def put(change: AnyChange) -> bool:
        told.append(change)
        return True

    sink = StoreSink(
        put, texts=TEXT_FILTERS["full"], owner="amy", source="stream", clock=lambda: 5.0
    )
    events: list[Any] = [BEGIN, window(0.0), window(1.0, 1), window(0.5), said(0, 1), said(1, 1)]
    for event in events:
        sink.take(event)
    began, first, second = told
    assert (began.session_id, getattr(began, "at", 0), getattr(began, "owner", "")) == (
        "",
        5,
        "amy",
    )
    assert [len(c.tone) // 19 for c in (first, second) if isinstance(c, Said)] == [2, 1]
