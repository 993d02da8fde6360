"""Orders that wait until other orders for their products have ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "order_0010"
down_revision = "order_0009"


def upgrade() -> None:
    """Make the tables: no order waits until now."""
    op.create_table(
        "queued_orders",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("is_tenant_wide", sa.Boolean, nullable=False),
        sa.Column("requested", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_queued_orders"),
    )
    op.create_table(
        "awaited_products",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "product_id", name="pk_awaited_products"),
    )
    op.create_index("ix_awaited_products_queue", "awaited_products", ["product_id", "position"])
