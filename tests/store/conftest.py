"""Databases for tests: SQLite, and PostgreSQL where it is installed."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sentivox.store.database import Database
from sentivox.store.records import AnyChange
from sentivox.store.store import Store
from sentivox.store.write import apply
from tests.store import postgres

T = TypeVar("T")

NUMBERS = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/calls.db"
    cluster: postgres.Postgres = request.getfixturevalue("cluster")
    return cluster.create(f"calls{next(NUMBERS)}")


def within(address: str, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run work with an open database, and close it."""

    async def run() -> T:
        database = Database.at(address)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def filled(database: Database, *changes: AnyChange) -> Store:
    """A store that holds what these changes make."""
    await database.prepare()
    if changes:
        await database.write(lambda connection: apply(connection, changes))
    return Store(database)
