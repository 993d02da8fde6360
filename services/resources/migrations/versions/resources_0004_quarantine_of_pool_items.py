"""Pool items may rest after their release, as numbers do.

The new column is empty in all rows, and no kind of the previous release has a quarantine: its
code reads and writes its rows unchanged.
"""

import sqlalchemy as sa
from alembic import op

revision = "resources_0004"
down_revision = "resources_0003"


def upgrade() -> None:
    """Add the end of the quarantine, and its check.

    No existing row can break the check, so they are not read: running processes would wait.
    """
    op.add_column("pool_items", sa.Column("until", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        "ck_pool_items_ends",
        "pool_items",
        "(state = 'quarantined') = (until IS NOT NULL)",
        postgresql_not_valid=True,
    )
