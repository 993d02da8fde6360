"""What was handed over to billing, for the reconciliation of a local network and day."""

import sqlalchemy as sa
from alembic import op

revision = "order_0009"
down_revision = "order_0008"

INSTANT = sa.TIMESTAMP(timezone=True)
KEY = ("tenant", "local_network", "day", "handed_over_at", "id")
AMOUNTS = ("one_off_cents", "monthly_begin_cents", "monthly_end_cents")


def upgrade() -> None:
    """Make the table: what was completed before was not handed over."""
    op.create_table(
        "billing_lines",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("handed_over_at", INSTANT, nullable=False),
        sa.Column("id", sa.UUID, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("offering_id", sa.String, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in AMOUNTS),
        sa.PrimaryKeyConstraint(*KEY, name="pk_billing_lines"),
        postgresql_partition_by="RANGE (handed_over_at)",
    )
