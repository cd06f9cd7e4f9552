"""An INSERT for both kinds of database."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows what to do about a row that is there already."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
