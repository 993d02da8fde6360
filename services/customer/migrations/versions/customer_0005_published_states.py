"""The states of orders as the order service publishes them.

Until now holds were stored as they came from provisioning. Those of orders that have not ended
are turned into states; a trigger does the same with each hold that is stored from now on, for
orders of a version that publishes no states. They have the sequence 0: a published state replaces
them, and they replace none.
"""

import sqlalchemy as sa
from alembic import op

revision = "customer_0005"
down_revision = "customer_0004"

DERIVE_STATE = """
    CREATE FUNCTION derive_order_state(of_order uuid) RETURNS void LANGUAGE sql AS $$
        INSERT INTO order_states
            (order_id, tenant, state, sequence, changed_at, code, reason, step)
        SELECT order_id, tenant, CASE WHEN held THEN 'held' ELSE 'inProgress' END, 0, told_at,
               CASE WHEN held THEN code ELSE '' END, CASE WHEN held THEN reason ELSE '' END,
               CASE WHEN held THEN step ELSE '' END
        FROM (
            SELECT *, sum(CASE WHEN is_hold THEN 1 ELSE -1 END) OVER () > 0 AS held
            FROM stops WHERE order_id = of_order
        ) AS known
        ORDER BY is_hold = held DESC, told_at DESC, id DESC
        LIMIT 1
        ON CONFLICT (order_id) DO UPDATE SET
            state = excluded.state, changed_at = excluded.changed_at, code = excluded.code,
            reason = excluded.reason, step = excluded.step
        WHERE order_states.sequence = 0
    $$"""
"""An order is held if it was held more often than it was resumed, at the step of the last hold."""

DERIVE_STATE_OF_NEW = """
    CREATE FUNCTION derive_state_of_stopped_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM derive_order_state(NEW.order_id);
        RETURN NULL;
    END $$"""
AFTER_INSERT = """
    CREATE TRIGGER derive_order_state AFTER INSERT ON stops
    FOR EACH ROW EXECUTE FUNCTION derive_state_of_stopped_order()"""

DERIVE_STATES_OF_OPEN = """
    SELECT derive_order_state(order_id) FROM (
        SELECT DISTINCT order_id FROM stops
        WHERE NOT EXISTS (SELECT FROM endings WHERE endings.order_id = stops.order_id)
    ) AS open"""


def upgrade() -> None:
    """Add the table and the column, and fill the table from what was stored until now."""
    op.create_table(
        "order_states",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("code", "reason", "step")),
        sa.PrimaryKeyConstraint("order_id", name="pk_order_states"),
    )
    for statement in (DERIVE_STATE, DERIVE_STATE_OF_NEW, AFTER_INSERT, DERIVE_STATES_OF_OPEN):
        op.execute(statement)
    # Last: it locks the orders until the commit, and running processes wait for them.
    publishes = sa.Column("publishes_states", sa.Boolean, server_default="false", nullable=False)
    op.add_column("orders", publishes)
