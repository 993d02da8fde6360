"""The order that changed each product last."""

import sqlalchemy as sa
from alembic import op

revision = "order_0007"
down_revision = "order_0006"


def upgrade() -> None:
    """Add the column: until now orders have created and ended products."""
    op.add_column("products", sa.Column("changed_order_id", sa.UUID))
