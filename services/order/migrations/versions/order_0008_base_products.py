"""Products that rely on others."""

import sqlalchemy as sa
from alembic import op

revision = "order_0008"
down_revision = "order_0007"


def upgrade() -> None:
    """Add the column and its index: no product relies on another one until now."""
    op.add_column("products", sa.Column("base_id", sa.UUID))
    op.create_index(
        "ix_products_base",
        "products",
        ["base_id"],
        postgresql_where=sa.text("base_id IS NOT NULL"),
    )
