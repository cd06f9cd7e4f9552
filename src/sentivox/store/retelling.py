"""Tells stored sessions anew, after people named those who speak in them."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select, update

from sentivox.store import read
from sentivox.store.document import document
from sentivox.store.schema import given_name, session


def retell(connection: Connection, key: int) -> None:
    """Bring the headline of an ended session up to date with the names in it."""
    told = document(read.kept(connection, key)).summary.headline
    connection.execute(
        update(session)
        .where(session.c.key == key, session.c.ended.is_not(None))
        .values(headline=None if told is None else msgspec.json.encode(told).decode())
    )


def retell_named(connection: Connection, keys: Collection[int]) -> None:
    """Do so with those of the sessions in which somebody was named."""
    named = select(given_name.c.session).where(given_name.c.session.in_(keys)).distinct()
    for key in list(connection.execute(named).scalars()):
        retell(connection, key)
