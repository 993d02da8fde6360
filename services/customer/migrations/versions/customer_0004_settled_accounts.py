"""Whether a person has settled an account that more than one customer has.

Those known already wait for a person. Yesterday's code adds such accounts as before, and
opens none again: the next order with a further customer does, once this code runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "customer_0004"
down_revision = "customer_0003"


def upgrade() -> None:
    """Add the columns, and the index by which the open ones are found and counted."""
    for column in (
        sa.Column("state", sa.String(32), server_default="open", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.String, server_default="", nullable=False),
        sa.Column("note", sa.String, server_default="", nullable=False),
        sa.Column("settled_customers", sa.Integer, server_default="0", nullable=False),
    ):
        op.add_column("contested_accounts", column)
    op.create_index(
        "ix_contested_accounts_state",
        "contested_accounts",
        ["state", "tenant", "account_id"],
    )
