"""Which blueprints provisioning has, as it tells."""

import sqlalchemy as sa
from alembic import op

revision = "order_0004"
down_revision = "order_0003"


def upgrade() -> None:
    """Nothing is known until provisioning tells."""
    op.create_table(
        "blueprints",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("blueprints", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_blueprints"),
    )
