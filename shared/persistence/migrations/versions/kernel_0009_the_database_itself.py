"""Which database the tables lie in."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0009"
down_revision = "kernel_0008"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "database_identity",
        sa.Column("is_only", sa.Boolean, nullable=False),
        sa.Column("cluster", sa.BigInteger, nullable=False),
        sa.Column("timeline", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("lost_from", sa.DateTime(timezone=True)),
        sa.Column("noticed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("is_only", name="pk_database_identity"),
    )
