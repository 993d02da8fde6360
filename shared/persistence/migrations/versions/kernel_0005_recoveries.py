"""When a database was found to be set back, and what was taken over then."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0005"
down_revision = "kernel_0004"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.Column("lost_from", INSTANT),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("taken_over", sa.BigInteger, nullable=False),
        sa.Column("replayed", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.String, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("acknowledged_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recoveries"),
    )
    op.create_table(
        "taken_over",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("recovery_id", sa.Uuid, nullable=False),
        sa.Column("is_pending", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_taken_over"),
    )
    op.create_index(
        "ix_taken_over_pending", "taken_over", ["key"], postgresql_where=sa.text("is_pending")
    )
