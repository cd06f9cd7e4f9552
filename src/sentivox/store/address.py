"""The address of a store: which database, and by which driver."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from sentivox.errors import StoreError

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
"""Each scheme with the driver that serves it."""

_EXAMPLES: Final = "sqlite:///calls.db or postgresql://user:password@host/name"


def read_address(address: str) -> URL:
    """The address with the driver to use.

    Args:
        address: Such as `sqlite:///calls.db` or `postgresql://user:password@host/name`.

    Raises:
        StoreError: It is not of either kind, or names no database.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StoreError(f"a store is {_EXAMPLES}; this is neither") from None
    scheme = url.drivername.partition("+")[0]
    if scheme not in _DRIVERS:
        raise StoreError(f"a store is {_EXAMPLES}, not {scheme}://")
    if not url.database or url.database == ":memory:":
        raise StoreError(f"this store names no database; a store is {_EXAMPLES}")
    return url.set(drivername=_DRIVERS[scheme])


def shown(url: URL) -> str:
    """The address for messages: without its password and driver."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None
