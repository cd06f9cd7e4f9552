"""The database of a store: connections, transactions and the version of its schema."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from sentivox.errors import StoreError
from sentivox.store import migrating, search
from sentivox.store.address import file_of, read_address, shown
from sentivox.store.failures import reported

T = TypeVar("T")

BUSY_S: Final = 5.0
"""Seconds to wait for another process that writes to a SQLite file."""

CONNECT_S: Final = 5.0
"""Seconds to wait for PostgreSQL to accept a connection."""

CLOSE_S: Final = 5.0
"""Seconds to wait, at the end, for statements that are under way."""

COMMAND_S: Final = 30.0
"""Seconds to wait for PostgreSQL to answer a statement."""


class Database:
    """The database of a store.

    Args:
        engine: SQLAlchemy's engine.
        shown: The address without its password, for messages.
        file: The file of a SQLite database; None for PostgreSQL.

    Attributes:
        shown: The address without its password, for messages.
        file: The file of a SQLite database; None for PostgreSQL.
    """

    def __init__(self, engine: AsyncEngine, shown: str, file: Path | None) -> None:
        self.shown = shown
        self.file = file
        self._engine = engine
        self._reader = engine.execution_options(sqlite_begin="BEGIN")
        self._outside = engine.execution_options(sqlite_begin=None)
        self._under_way: set[asyncio.Task[Any]] = set()

    @classmethod
    def at(cls, address: str) -> "Database":
        """The database at an address; nothing is opened yet.

        Args:
            address: Such as `sqlite:///calls.db` or `postgresql://user:password@host/name`.

        Raises:
            StoreError: The address cannot be one of a store.
        """
        url = read_address(address)
        file = file_of(url)
        if file is None:
            engine = create_async_engine(
                url,
                pool_size=4,
                pool_pre_ping=True,
                pool_timeout=CONNECT_S,
                connect_args={"timeout": CONNECT_S, "command_timeout": COMMAND_S},
            )
        else:
            engine = create_async_engine(url, connect_args={"timeout": BUSY_S})
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin)
        return cls(engine, shown(url), file)

    async def close(self) -> None:
        """Close all connections, once what is under way has ended."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=CLOSE_S)
            for task in late:
                task.cancel()
        await self._engine.dispose()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run work whose reads all see the same state.

        It goes on to its end even if the caller is cancelled meanwhile.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used.
        """
        return await self._whole(self._begun(self._reader, work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction, which is committed at its end, or undone on an error.

        It goes on to its end even if the caller is cancelled meanwhile.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used.
        """
        return await self._whole(self._begun(self._engine, work))

    async def prepare(self) -> None:
        """Create the tables in an empty database, and check the schema of any other.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used, or its schema is older or newer.
        """
        if self.file is not None:
            _make(self.file)
        await self.write(_prepare)

    async def upgrade(self) -> tuple[str | None, str]:
        """Bring the schema to the latest version; returns the versions before and after.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used, or its schema is newer.
        """
        return await self.write(_upgrade)

    async def check(self) -> None:
        """Check that the database holds a store that this release can use.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used, holds no store, or its schema is older or newer.
        """
        if self.file is not None and not self.file.exists():
            raise StoreError(f"{self.file} does not exist")
        await self.write(migrating.require_latest)

    async def scrub(self) -> None:
        """Remove what was erased from SQLite's search index and log too.

        PostgreSQL does so by itself, when it vacuums.

        Raises:
            StoreAway: The database does not answer now.
            StoreError: It refuses to be used.
        """
        if self.file is not None:
            await self.write(search.scrub)
            await self._whole(self._begun(self._outside, _checkpoint))

    async def _begun(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        with reported(self.shown):
            async with engine.begin() as connection:
                return await connection.run_sync(work)

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work in a task of its own, which a cancelled caller leaves to itself.

        A connection that is cancelled within a statement is lost, and so are tasks of aiosqlite's
        that wait for it for ever. Clients that go away cancel their requests again and again.
        """
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, or asyncio would log it if the caller was cancelled


def _checkpoint(connection: Connection) -> None:
    """Write SQLite's log to its file, and empty it."""
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _make(file: Path) -> None:
    """Make an empty file that only its owner can read, because transcripts go there."""
    try:
        file.touch(mode=0o600)
        with file.open("r+b"):
            pass
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from None


def _prepare(connection: Connection) -> None:
    if migrating.is_empty(connection):
        migrating.upgrade(connection)
    migrating.require_latest(connection)


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    before = migrating.version(connection)
    migrating.upgrade(connection)
    return before, migrating.latest()


def _set_up_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401
    """Set up each new connection to SQLite."""
    connection.isolation_level = None  # transactions begin as `_begin` says, DDL included
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",  # readers and a writer do not wait for each other
        "synchronous = NORMAL",  # safe against a crash of the process
        "foreign_keys = ON",
        "secure_delete = ON",  # what is erased is overwritten
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin as a reader or as a writer.

    A transaction that became a writer only at its first change could not wait for another's end.
    """
    how = connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE")
    if how is not None:  # a checkpoint cannot be part of a transaction
        connection.exec_driver_sql(how)
