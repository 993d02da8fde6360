"""Calls name the step, the direction and the round that they carry out."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0010"
down_revision = "kernel_0009"


def upgrade() -> None:
    """Add the columns; calls of earlier code name no step."""
    op.add_column("attempts", sa.Column("step", sa.String, server_default="", nullable=False))
    undo = sa.Column("undo", sa.Boolean, server_default=sa.false(), nullable=False)
    op.add_column("attempts", undo)
    op.add_column("attempts", sa.Column("round", sa.Integer, server_default="0", nullable=False))
