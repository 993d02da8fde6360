"""Products are locked for the open order that changes them."""

import sqlalchemy as sa
from alembic import op

revision = "order_0006"
down_revision = "order_0005"


def upgrade() -> None:
    """Add the column; what the previous release locks, its status says."""
    op.add_column("products", sa.Column("open_order_id", sa.UUID))
