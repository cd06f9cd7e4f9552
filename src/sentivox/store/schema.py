"""The tables of a store, as the latest migration leaves them.

A test compares them with the migrations. Times are UTC. Scores are -1…1. Columns of JSON are text,
because the messages are encoded and decoded by the protocol.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy import Boolean as Bool

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


KEY: Final = BigInteger().with_variant(Integer, "sqlite")
"""A row's number; SQLite numbers rows by itself only in a column called INTEGER."""


class UtcTime(TypeDecorator[datetime]):
    """A time with its zone, UTC; SQLite, which knows no zones, gets it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC, and drop the zone for SQLite."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the time its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


def _of_session() -> "Column[Any]":
    return Column("session", KEY, ForeignKey("session.key", ondelete="CASCADE"), nullable=False)


session = Table(
    "session",
    METADATA,
    Column("key", KEY, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),
    Column("name", Text),
    Column("started", UtcTime, nullable=False),
    Column("ended", UtcTime),
    Column("outcome", Text),
    Column("duration", Float),
    Column("profile", Text, nullable=False, server_default=""),
    Column("version", Text, nullable=False, server_default=""),
    Column("begin", Text),
    Column("note", Text),
    Column("utterances", Integer, nullable=False, server_default="0"),
    Column("mean_score", Float),
    Column("mood", Text),
    Column("headline", Text),
    Index(None, "owner", "started", "key"),
    Index(None, "started", "key"),
    Index(None, "mean_score"),
)
"""One row a session. `outcome` is the reason of its Termination, null while it is open or if the
server died. `begin` is its Begin message, `mood` a JSON array of up to 32 values for a
sparkline, and `headline` a JSON object with the headline by language."""

session_tag = Table(
    "session_tag",
    METADATA,
    Column("session", KEY, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Index(None, "tag", "session"),
)

channel = Table(
    "channel",
    METADATA,
    Column("session", KEY, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True),
    Column("channel", SmallInteger, primary_key=True),
    Column("name", Text),
    Column("role", Text),
    Column("mean_score", Float),
    Column("talk_seconds", Float),
    Column("talk_ratio", Float),
    Column("figures", Text, nullable=False),
)
"""One row a channel of a session that has ended; `figures` is its ChannelSummary."""

utterance = Table(
    "utterance",
    METADATA,
    Column("key", KEY, primary_key=True),
    _of_session(),
    Column("channel", SmallInteger, nullable=False),
    Column("utterance_id", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("final", Bool, nullable=False, server_default=false()),
    Column("start", Float, nullable=False),
    Column("end", Float, nullable=False),
    Column("language", Text),
    Column("speaker", Text),
    Column("label", Text),
    Column("score", Float),
    Column("confidence", Float),
    Column("emotion", Text),
    Column("transcript", Text),
    Column("data", Text, nullable=False),
    Column("tone", LargeBinary),
    UniqueConstraint("session", "channel", "utterance_id"),
    Index(None, "session", "label", "channel", "utterance_id"),
    Index(None, "session", "emotion"),
    Index(None, "session", "speaker"),
)
"""One row an utterance, in its latest revision. `data` is the Utterance message without its
transcript, and `tone` the windows of live tone, packed by `store.tone`."""

alert = Table(
    "alert",
    METADATA,
    Column("key", KEY, primary_key=True),
    _of_session(),
    Column("seq", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("channel", SmallInteger),
    Column("t", Float, nullable=False),
    Column("data", Text, nullable=False),
    UniqueConstraint("session", "seq"),
    Index(None, "rule", "session"),
)
"""One row an alert; `data` is its message."""

correction = Table(
    "correction",
    METADATA,
    Column("session", KEY, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True),
    Column("channel", SmallInteger, primary_key=True),
    Column("utterance_id", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("made", UtcTime, nullable=False),
)
"""A person's label for an utterance; it stands beside the model's, which is kept."""

given_name = Table(
    "given_name",
    METADATA,
    Column("session", KEY, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True),
    Column("channel", SmallInteger, primary_key=True),
    Column("speaker", Text, primary_key=True, server_default=""),
    Column("name", Text, nullable=False),
    Index(None, "name", "session"),
)
"""A person's name for a channel (`speaker` is "") or for a speaker told apart in it; it stands
beside the one with which the session was recorded, which is kept."""

delivery = Table(
    "delivery",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Index(None, "endpoint", "status", "next_at"),
    Index(None, "session_id"),
)
"""A webhook delivery, until it is delivered and for a while after that."""

disabled_endpoint = Table(
    "disabled_endpoint",
    METADATA,
    Column("endpoint", Text, primary_key=True),
    Column("since", UtcTime, nullable=False),
)
"""A webhook endpoint that answered 410 Gone."""

fitted = Table(
    "fitted",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("data", Text, nullable=False),
)
"""What was fitted to the conversations, as JSON, by name."""

PARTS: Final = (session_tag, channel, utterance, alert, correction, given_name)
"""The tables with rows of a session, which refer to it by `session`."""
