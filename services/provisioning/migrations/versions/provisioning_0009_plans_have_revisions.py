"""Plans have a revision."""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0009"
down_revision = "provisioning_0008"


def upgrade() -> None:
    """Add the column; plans of earlier code have revision 0."""
    op.add_column("plans", sa.Column("revision", sa.Integer, server_default="0", nullable=False))
