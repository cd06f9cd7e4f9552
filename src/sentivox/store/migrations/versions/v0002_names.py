"""Names that people give to channels and speakers."""

import sqlalchemy as sa
from alembic import op

from sentivox.store.schema import KEY

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of names."""
    op.create_table(
        "given_name",
        sa.Column("session", KEY, nullable=False),
        sa.Column("channel", sa.SmallInteger, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False, server_default=""),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", "channel", "speaker", name="pk_given_name"),
        sa.ForeignKeyConstraint(
            ["session"], ["session.key"], name="fk_given_name_session", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_given_name_name_session", "given_name", ["name", "session"])
