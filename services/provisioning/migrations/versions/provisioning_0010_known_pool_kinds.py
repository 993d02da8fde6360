"""The kinds of resources that the resource service has published."""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0010"
down_revision = "provisioning_0009"


def upgrade() -> None:
    """Create the table; the resource service publishes its kinds when it starts."""
    op.create_table(
        "known_pool_kinds",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kinds", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_known_pool_kinds"),
    )
