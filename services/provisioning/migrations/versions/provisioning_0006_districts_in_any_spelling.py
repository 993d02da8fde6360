"""Work orders are found by their district in any spelling, by crews and by who lists them.

The release before lists them by the indexes that are left, less directly, until it is gone.
"""

from alembic import op

revision = "provisioning_0006"
down_revision = "provisioning_0005"

SPELLING = r"regexp_replace(upper(district), '(^|[^0-9])0+([0-9])', '\1\2', 'g')"
LISTS = {
    "open": ("priority, dispatched_at, id", "answered_at IS NULL"),
    "closed": ("dispatched_at, id", "answered_at IS NOT NULL"),
}


def upgrade() -> None:
    """Index work orders by what all spellings of a district have in common, not by one."""
    for state, (order, where) in LISTS.items():
        name, columns = f"ix_work_orders_{state}_district", f"tenant, ({SPELLING}), {order}"
        op.execute(f"CREATE INDEX {name}_spelling ON work_orders ({columns}) WHERE {where}")
        op.drop_index(name, "work_orders")
