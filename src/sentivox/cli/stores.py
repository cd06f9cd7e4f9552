"""What commands need to use a store: its packages, its address, and an event loop."""

# ruff: noqa: PLC0415  (imported where needed: they come with an extra, and are costly)

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sentivox.errors import SentivoxError

if TYPE_CHECKING:
    from sentivox.store.database import Database
    from sentivox.store.read import Kept
    from sentivox.store.recordings import RecordingStore
    from sentivox.store.texts import Texts

T = TypeVar("T")


def _named(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    """Click callback that says what to do without a store."""
    if value is None:
        raise click.UsageError(
            "name the database: --store sqlite:///calls.db, or set SENTIVOX_STORE"
        )
    return value


store_option = click.option(
    "--store",
    callback=_named,
    metavar="URL",
    envvar="SENTIVOX_STORE",
    help="Database of conversations: sqlite:///calls.db or postgresql://user@host/name.",
)


def missing(error: ImportError) -> SentivoxError:
    """The error for a package of the extra `store` that is not installed."""
    return SentivoxError(f'a store needs {error.name}: pip install "sentivox[store]"')


def recording_store(
    address: str | None, texts: "Texts"
) -> "AbstractContextManager[RecordingStore | None]":
    """The store in which to keep recordings; None without an address.

    Raises:
        SentivoxError: Its packages are not installed, or it cannot be used.
    """
    if address is None:
        return nullcontext()
    try:
        from sentivox.store.recordings import RecordingStore
    except ImportError as error:
        raise missing(error) from None
    return RecordingStore(address, texts)


def labelled_sessions(address: str) -> "list[Kept]":
    """The stored sessions in which somebody has labelled an utterance, newest first.

    Raises:
        SentivoxError: The store's packages are not installed, or it cannot be used.
    """

    async def work(database: "Database") -> "list[Kept]":
        from sentivox.store.filters import SessionFilter
        from sentivox.store.store import Store

        await database.check()
        wanted = SessionFilter(corrected=True)
        return [kept async for kept in Store(database).export(wanted, None)]

    return with_database(address, work)


def with_database(address: str, work: "Callable[[Database], Coroutine[Any, Any, T]]") -> T:
    """Run work with a database, and close it.

    Raises:
        SentivoxError: Its packages are not installed, or it cannot be used.
    """
    try:
        from sentivox.store.database import Database
    except ImportError as error:
        raise missing(error) from None

    async def run() -> T:
        database = Database.at(address)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
