"""What the lists of parked messages, of the audit and of grants read along.

What was released is left out of the one, what is shared no more of the other: both grow for ever.
Rows come seldom to each of these tables, and no order writes one.
"""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0007"
down_revision = "kernel_0006"


def upgrade() -> None:
    """Make the indexes."""
    waits = sa.text("released_at IS NULL")
    op.create_index("ix_parked_waiting", "parked", ["position"], postgresql_where=waits)
    op.create_index("ix_audit_actor", "audit", ["tenant", "actor", "position"])
    keys = ["tenant", "grantee", "owner", "customer_id"]
    holds = sa.text("level <> ''")
    op.create_index("ix_access_grants_held", "access_grants", keys, postgresql_where=holds)
