"""The schema: made by migrations, checked when a store is opened; addresses that cannot be."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from sentivox.errors import StoreAway, StoreError
from sentivox.store import migrating
from sentivox.store.database import Database
from sentivox.store.schema import METADATA
from sentivox.store.store import Store
from tests.store.conftest import within
from tests.store.postgres import Postgres


def _differences(connection: Connection) -> list[Any]:
    ours = set(METADATA.tables)

    def wanted(thing: Any, name: str | None, kind: str, *_: object) -> bool:
        return name in ours if kind == "table" else getattr(thing, "table", thing).name in ours

    options = {"include_object": wanted, "compare_type": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)


def executed(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement))


def test_the_migrations_make_the_schema(address: str) -> None:
    async def work(database: Database) -> list[Any]:
        await database.prepare()
        await database.check()
        return await database.write(_differences)

    assert within(address, work) == []


def test_upgrade_is_done_once(address: str) -> None:
    async def work(database: Database) -> list[tuple[str | None, str]]:
        return [await database.upgrade(), await database.upgrade()]

    assert within(address, work) == [(None, migrating.latest()), (migrating.latest(),) * 2]


def test_a_store_of_before_names_is_upgraded_and_keeps_what_it_holds(address: str) -> None:
    def first(connection: Connection) -> None:
        folder = str(Path(migrating.__file__).parent / "migrations")
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", folder)
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO session (id, source, started) VALUES (:id, 'stream', :at)"),
            {"id": "old", "at": datetime(2026, 1, 1, tzinfo=UTC)},
        )

    async def work(database: Database) -> None:
        await database.write(first)
        with pytest.raises(StoreError, match="run: sentivox store upgrade"):
            await database.check()
        assert await database.upgrade() == ("0001", migrating.latest())
        store = Store(database)
        assert await store.describe("old", None, names={(0, None): "Ms Li"})
        kept = await store.kept("old", None)
        assert kept is not None
        assert [one.name for one in kept.names] == ["Ms Li"]

    within(address, work)


def test_a_newer_schema_is_refused(address: str) -> None:
    async def work(database: Database) -> None:
        await database.prepare()
        await database.write(executed("UPDATE alembic_version SET version_num = '9999'"))
        for attempt in (database.prepare, database.check, database.upgrade):
            with pytest.raises(StoreError, match=r"newer than this version .* upgrade Sentivox"):
                await attempt()

    within(address, work)


def test_a_database_of_something_else_is_left_alone(address: str) -> None:
    async def work(database: Database) -> None:
        await database.write(executed("CREATE TABLE theirs (a INTEGER)"))
        with pytest.raises(StoreError, match=r"holds no store yet; .* sentivox store upgrade"):
            await database.prepare()

    within(address, work)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("calls.db", "a store is sqlite:///calls.db or postgresql://.*; this is neither"),
        ("mysql://host/calls", "not mysql://"),
        ("sqlite://", "names no database"),
        ("sqlite:///:memory:", "names no database"),
        ("postgresql://user:secret@host", "names no database"),
    ],
)
def test_an_address_that_cannot_be(address: str, problem: str) -> None:
    with pytest.raises(StoreError, match=problem) as caught:
        Database.at(address)
    assert "secret" not in str(caught.value)


def test_a_file_in_no_folder(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(StoreError, match="No such file or directory"):
            await database.prepare()

    within(f"sqlite:///{tmp_path}/nowhere/calls.db", work)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_bytes(b"not a database, but a file of some length" * 100)

    async def work(database: Database) -> None:
        with pytest.raises(StoreError, match="cannot be used: file is not a database"):
            await database.prepare()

    within(f"sqlite:///{tmp_path}/calls.db", work)


def test_a_file_that_is_not_there_is_not_made_by_a_check(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(StoreError, match=r"calls\.db does not exist"):
            await database.check()

    within(f"sqlite:///{tmp_path}/calls.db", work)
    assert not (tmp_path / "calls.db").exists()


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    within(f"sqlite:///{tmp_path}/calls.db", Database.prepare)
    assert stat.S_IMODE((tmp_path / "calls.db").stat().st_mode) == 0o600


def test_a_wrong_password(cluster: Postgres) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(StoreError, match="password authentication failed") as caught:
            await database.prepare()
        assert not isinstance(caught.value, StoreAway)
        assert "guess" not in str(caught.value)

    within(cluster.address("postgres", "guess"), work)


def test_no_such_database(cluster: Postgres) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(StoreError, match='database "nowhere" does not exist'):
            await database.prepare()

    within(cluster.address("nowhere"), work)


def test_nobody_listens() -> None:
    async def work(database: Database) -> None:
        with pytest.raises(StoreAway, match=r"127\.0\.0\.1:1/calls is away"):
            await database.prepare()

    within("postgresql://user:secret@127.0.0.1:1/calls", work)
