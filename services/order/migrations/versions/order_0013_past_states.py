"""What products were until orders changed or ended them."""

import sqlalchemy as sa
from alembic import op

revision = "order_0013"
down_revision = "order_0012"


def upgrade() -> None:
    """Add the table: of changes before it nothing is known."""
    op.create_table(
        "past_states",
        sa.Column("id", sa.UUID),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("product_id", sa.UUID, nullable=False),
        sa.Column("order_id", sa.UUID, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("product", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_past_states"),
    )
    op.create_index("ix_past_states_product", "past_states", ["product_id", "until"])
