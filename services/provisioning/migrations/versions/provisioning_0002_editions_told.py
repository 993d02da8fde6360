"""Which blueprints the other services were told of."""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0002"
down_revision = "provisioning_0001"


def upgrade() -> None:
    """Nothing was told yet: the next start tells it."""
    op.add_column(
        "blueprint_editions",
        sa.Column("told", sa.LargeBinary, nullable=False, server_default=""),
    )
