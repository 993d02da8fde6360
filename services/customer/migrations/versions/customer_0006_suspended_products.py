"""Why products are suspended."""

import sqlalchemy as sa
from alembic import op

revision = "customer_0006"
down_revision = "customer_0005"


def upgrade() -> None:
    """Add the reasons: none for what there is, and for what the previous release writes."""
    op.add_column(
        "products",
        sa.Column("suspended_for", sa.LargeBinary, server_default="[]", nullable=False),
    )
