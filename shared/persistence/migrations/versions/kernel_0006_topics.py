"""Which topics the offsets of a database are of."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0006"
down_revision = "kernel_0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "topics",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_topics"),
    )
