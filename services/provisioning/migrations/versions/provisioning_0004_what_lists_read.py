"""What lists of work orders, services and fallout read along, and whose work orders are.

A list of work orders looked for the client in each one's plan, and a filter of fallout or of closed
work orders was asked of every row. The new indexes are of open work orders alone, or written once
for each that is closed, or of fallout, which is seldom.
"""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0004"
down_revision = "provisioning_0003"

FILL_IN = """
    CREATE FUNCTION client_of_work_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT client, customer_id INTO NEW.client, NEW.customer_id
        FROM plans WHERE order_id = NEW.order_id;
        NEW.client := coalesce(NEW.client, '');
        NEW.customer_id := coalesce(NEW.customer_id, '');
        RETURN NEW;
    END $$"""
WHERE_LEFT_OUT = """
    CREATE TRIGGER client_of_work_order BEFORE INSERT ON work_orders
    FOR EACH ROW WHEN (NEW.client = '') EXECUTE FUNCTION client_of_work_order()"""
KNOWN = """
    UPDATE work_orders w SET client = p.client, customer_id = p.customer_id
    FROM plans p WHERE p.order_id = w.order_id"""

TURN = ["priority", "dispatched_at", "id"]
AGE = ["dispatched_at", "id"]
OPEN, CLOSED = "answered_at IS NULL", "answered_at IS NOT NULL"


def upgrade() -> None:
    """Add the columns, fill them in for what there is and what yesterday's code adds, and index."""
    for name in ("client", "customer_id"):
        column = sa.Column(name, sa.String, server_default="", nullable=False)
        op.add_column("work_orders", column)
    op.execute(FILL_IN)
    op.execute(WHERE_LEFT_OUT)
    op.execute(KNOWN)
    work_orders()
    gone = sa.text("ended_at IS NOT NULL")
    keys = ["tenant", "client", "customer_id", "id"]
    op.create_index("ix_services_client_gone", "services", keys, postgresql_where=gone)
    for name in ("code", "element", "specification"):
        columns = ["tenant", "state", name, "opened_at", "id"]
        op.create_index(f"ix_fallout_{name}", "fallout", columns)


def work_orders() -> None:
    """Index work orders by what they are listed by; the two indexes of before have no use now."""
    op.drop_index("ix_work_orders_open", "work_orders")
    op.drop_index("ix_work_orders_closed", "work_orders")
    index("state", ["state", *AGE])
    index("customer", ["customer_id", *AGE])
    index("open_state", ["state", *TURN], OPEN)
    for name in ("skill", "district", "local_network", "client", "accepted_by"):
        is_taken = " AND accepted_by <> ''" if name == "accepted_by" else ""
        index(f"open_{name}", [name, *TURN], OPEN + is_taken)
        index(f"closed_{name}", [name, *AGE], CLOSED + is_taken)


def index(name: str, columns: list[str], where: str | None = None) -> None:
    """Make one index of work orders."""
    condition = sa.text(where) if where else None
    op.create_index(
        f"ix_work_orders_{name}", "work_orders", ["tenant", *columns], postgresql_where=condition
    )
