"""An index by which an erasure finds the answers that were given again under another key."""

import sqlalchemy as sa
from alembic import op

revision = "order_0002"
down_revision = "order_0001"


def upgrade() -> None:
    """Make it; it holds repetitions alone, and those are few."""
    op.create_index(
        "ix_submissions_repeated",
        "submissions",
        ["order_id"],
        postgresql_where=sa.text("id <> order_id"),
    )
