"""The version of a database's schema, and bringing it to the latest."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text

from sentivox.errors import StoreError

_LOCK: Final = 0x53_56_58  # "SVX": any number that other users of the database do not take


def latest() -> str:
    """The version that this release of Sentivox needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"  # noqa: S101
    return head


def version(connection: Connection) -> str | None:
    """The database's version; None if it holds no store."""
    return MigrationContext.configure(connection).get_current_revision()


def is_empty(connection: Connection) -> bool:
    """Whether the database holds no tables at all."""
    return not inspect(connection).get_table_names()


def upgrade(connection: Connection) -> None:
    """Bring the schema to the latest version; one process at a time.

    Raises:
        StoreError: The schema is of a newer version of Sentivox.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(newer(version(connection))) from None


def require_latest(connection: Connection) -> None:
    """Check that the schema is what this release needs.

    Raises:
        StoreError: It is older or newer, or there is none.
    """
    found = version(connection)
    if found == latest():
        return
    if found is None:
        raise StoreError("the database holds no store yet; make one with: sentivox store upgrade")
    if found in {
        script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()
    }:
        raise StoreError(
            f"the store has schema {found} and this version needs {latest()}; run: sentivox store"
            " upgrade"
        )
    raise StoreError(newer(found))


def newer(found: str | None) -> str:
    """The message about a schema that this release does not know."""
    return (
        f"the store has schema {found}, which is newer than this version of Sentivox"
        f" ({latest()}); upgrade Sentivox"
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
