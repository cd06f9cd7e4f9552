"""Sessions, channels, utterances, alerts, corrections, webhook deliveries, and what is fitted."""

import sqlalchemy as sa
from alembic import op

from sentivox.store.schema import KEY, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    _sessions()
    _what_was_said()
    _webhooks()
    op.create_table(
        "fitted",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_fitted"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE utterance_text USING fts5(document)")
    else:
        op.execute(
            "CREATE TABLE utterance_text (rowid BIGINT PRIMARY KEY"
            " REFERENCES utterance (key) ON DELETE CASCADE, document TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_utterance_text ON utterance_text USING gin (document)")


def _session_column(*, primary_key: bool = False) -> "sa.Column[int]":
    return sa.Column("session", KEY, primary_key=primary_key, nullable=False)


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session"], ["session.key"], name=f"fk_{table}_session", ondelete="CASCADE"
    )


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("started", UtcTime, nullable=False),
        sa.Column("ended", UtcTime),
        sa.Column("outcome", sa.Text),
        sa.Column("duration", sa.Float),
        sa.Column("profile", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Column("begin", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("utterances", sa.Integer, nullable=False, server_default="0"),
        sa.Column("mean_score", sa.Float),
        sa.Column("mood", sa.Text),
        sa.Column("headline", sa.Text),
        sa.PrimaryKeyConstraint("key", name="pk_session"),
        sa.UniqueConstraint("id", name="uq_session_id"),
    )
    op.create_index("ix_session_owner_started_key", "session", ["owner", "started", "key"])
    op.create_index("ix_session_started_key", "session", ["started", "key"])
    op.create_index("ix_session_mean_score", "session", ["mean_score"])
    op.create_table(
        "session_tag",
        _session_column(),
        sa.Column("tag", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", "tag", name="pk_session_tag"),
        _belongs("session_tag"),
    )
    op.create_index("ix_session_tag_tag_session", "session_tag", ["tag", "session"])
    op.create_table(
        "channel",
        _session_column(),
        sa.Column("channel", sa.SmallInteger, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("mean_score", sa.Float),
        sa.Column("talk_seconds", sa.Float),
        sa.Column("talk_ratio", sa.Float),
        sa.Column("figures", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", "channel", name="pk_channel"),
        _belongs("channel"),
    )


def _what_was_said() -> None:
    op.create_table(
        "utterance",
        sa.Column("key", KEY, nullable=False),
        _session_column(),
        sa.Column("channel", sa.SmallInteger, nullable=False),
        sa.Column("utterance_id", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("final", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("start", sa.Float, nullable=False),
        sa.Column("end", sa.Float, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("speaker", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("score", sa.Float),
        sa.Column("confidence", sa.Float),
        sa.Column("emotion", sa.Text),
        sa.Column("transcript", sa.Text),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("tone", sa.LargeBinary),
        sa.PrimaryKeyConstraint("key", name="pk_utterance"),
        sa.UniqueConstraint(
            "session", "channel", "utterance_id", name="uq_utterance_session_channel_utterance_id"
        ),
        _belongs("utterance"),
    )
    for columns in (("label", "channel", "utterance_id"), ("emotion",), ("speaker",)):
        indexed = ["session", *columns]
        op.create_index(f"ix_utterance_{'_'.join(indexed)}", "utterance", indexed)
    op.create_table(
        "alert",
        sa.Column("key", KEY, nullable=False),
        _session_column(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("channel", sa.SmallInteger),
        sa.Column("t", sa.Float, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alert"),
        sa.UniqueConstraint("session", "seq", name="uq_alert_session_seq"),
        _belongs("alert"),
    )
    op.create_index("ix_alert_rule_session", "alert", ["rule", "session"])
    op.create_table(
        "correction",
        _session_column(),
        sa.Column("channel", sa.SmallInteger, nullable=False),
        sa.Column("utterance_id", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("made", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("session", "channel", "utterance_id", name="pk_correction"),
        _belongs("correction"),
    )


def _webhooks() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", UtcTime, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index(
        "ix_delivery_endpoint_status_next_at", "delivery", ["endpoint", "status", "next_at"]
    )
    op.create_index("ix_delivery_session_id", "delivery", ["session_id"])
    op.create_table(
        "disabled_endpoint",
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("since", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("endpoint", name="pk_disabled_endpoint"),
    )
