"""Lists of orders of one state are read along an index, whatever else they are narrowed to.

A list of the orders of one state was narrowed to a client or a customer by looking at each order
of that state, or at the state of each order of that client: all of them, where none is both.
"""

import sqlalchemy as sa
from alembic import op

revision = "order_0005"
down_revision = "order_0004"

FILL_IN = """
    CREATE FUNCTION whose_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE order_progress p SET client = o.client, party_id = o.party_id
        FROM orders o WHERE o.id = NEW.order_id AND p.order_id = NEW.order_id;
        RETURN NULL;
    END $$"""
WHERE_LEFT_OUT = """
    CREATE CONSTRAINT TRIGGER whose_order AFTER INSERT ON order_progress
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.client = '') EXECUTE FUNCTION whose_order()"""
"""At the commit: the order may be written after it."""

KNOWN = """
    UPDATE order_progress p SET client = o.client, party_id = o.party_id
    FROM orders o WHERE o.id = p.order_id"""


def upgrade() -> None:
    """Add the columns, fill them in for what there is and what yesterday's code adds, and index."""
    for name in ("client", "party_id"):
        column = sa.Column(name, sa.String, server_default="", nullable=False)
        op.add_column("order_progress", column)
    op.execute(FILL_IN)
    op.execute(WHERE_LEFT_OUT)
    op.execute(KNOWN)
    for name, key in (("client", "client"), ("party", "party_id")):
        columns = ["tenant", key, "state", "order_id"]
        op.create_index(f"ix_order_progress_{name}", "order_progress", columns)
