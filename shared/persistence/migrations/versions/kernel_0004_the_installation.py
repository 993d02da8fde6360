"""The installation that a database belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0004"
down_revision = "kernel_0003"


def upgrade() -> None:
    """Add its table."""
    op.create_table(
        "installation",
        sa.Column("is_only", sa.Boolean, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("is_only", name="pk_installation"),
    )
