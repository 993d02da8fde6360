"""Kinds of resources can be published, and their values can be unique within the tenant.

The previous release reads and writes its rows unchanged: the new column has a default, and its
own kind with such values keeps an index of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "resources_0005"
down_revision = "resources_0004"


def upgrade() -> None:
    """Add the table of kinds, and the column and the index of unique values."""
    op.create_table(
        "pool_kinds",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_pool_kinds"),
    )
    op.add_column(
        "pool_items",
        sa.Column("unique_value", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "uq_pool_items_value",
        "pool_items",
        ["tenant", "kind", "value"],
        unique=True,
        postgresql_where=sa.text("unique_value"),
    )
