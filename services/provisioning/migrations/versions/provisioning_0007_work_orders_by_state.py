"""Lists of work orders of one state are read along an index, whatever else they are narrowed to.

Few open work orders are accepted, and few closed ones were returned: one that was narrowed to a
district or to a customer besides read through all of that state, or all of that district. The
release before finds what it lists by the same indexes, and sorts it, until it is gone.
"""

from alembic import op

revision = "provisioning_0007"
down_revision = "provisioning_0006"

SPELLING = r"(regexp_replace(upper(district), '(^|[^0-9])0+([0-9])', '\1\2', 'g'))"
LISTS = {
    "open": ("priority, dispatched_at, id", "answered_at IS NULL"),
    "closed": ("dispatched_at, id", "answered_at IS NOT NULL"),
}
KEYS = {
    **{each: each for each in ("skill", "local_network", "client", "accepted_by")},
    "district_spelling": SPELLING,
    "customer_id": "customer_id",
}
NEW = "customer_id"


def upgrade() -> None:
    """Put the state into each index of what work orders are narrowed to."""
    for list_, (order, where) in LISTS.items():
        for each, key in KEYS.items():
            name = f"ix_work_orders_{list_}_{each}"
            is_taken = " AND accepted_by <> ''" if each == "accepted_by" else ""
            if each != NEW:
                op.drop_index(name, "work_orders")
            columns = f"tenant, {key}, state, {order}"
            op.execute(f"CREATE INDEX {name} ON work_orders ({columns}) WHERE {where}{is_taken}")
    op.drop_index("ix_work_orders_customer", "work_orders")
