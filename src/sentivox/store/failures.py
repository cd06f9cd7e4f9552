"""Turns the errors of SQLAlchemy and its drivers into one line that says what to do."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from asyncpg.exceptions import DataError as RefusedByDriver
from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from sentivox.errors import StoreAway, StoreError

_REFUSED: Final = re.compile(
    r"password|authentication|(database|role) .* does not exist|permission denied|read-?only"
    r"|not a database|malformed|no such table",
    re.IGNORECASE,
)
"""Errors that waiting does not mend; all others may pass."""


class BadChange(StoreError):  # noqa: N818  (named for what it is)
    """Data that the database will not take, however often it is sent."""


@contextmanager
def reported(shown: str) -> Generator[None]:
    """Raise the errors of a database as those of a store.

    Args:
        shown: The address of the database, without its password.

    Raises:
        StoreAway: The database does not answer now: stopped, full, locked or too slow.
        BadChange: It does not take the data.
        StoreError: It refuses to be used.
    """
    try:
        yield
    except TimeoutError:
        raise StoreAway(f"{shown} does not answer") from None
    except (SQLAlchemyError, PostgresError, InterfaceError, OSError) as error:
        reason = _reason(error)
        if _is_of_the_data(error):
            raise BadChange(f"{shown} does not take this: {reason}") from error
        if _REFUSED.search(reason):
            raise StoreError(f"{shown} cannot be used: {reason}") from error
        raise StoreAway(f"{shown} is away: {reason}") from error


def _is_of_the_data(error: Exception) -> bool:
    """Whether the data is at fault; asyncpg's own check of it has no name in SQLAlchemy."""
    if isinstance(error, DataError | IntegrityError):
        return True
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
    return isinstance(cause, RefusedByDriver)


def _reason(error: Exception) -> str:
    """The driver's message on one line, without the statement and its data."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    line = " ".join(str(cause).split()) or type(cause).__name__
    return re.sub(r"^<class '[^']*'>: ", "", line)
