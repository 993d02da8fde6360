"""The resources service's tables: numbers and the line plant, and who holds what of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, UUID

revision = "resources_0001"
down_revision = None
branch_labels = ("resources",)

INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text(collation="C")
WORD = sa.String(32)
ROOMY = {"fillfactor": "60"}

SECOND_HOLDER = """
CREATE FUNCTION refuse_second_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a % is held by one service and cannot be given to another', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_holder';
END $$
"""
ONE_HOLDER = """
CREATE TRIGGER one_holder BEFORE UPDATE ON {table} FOR EACH ROW
WHEN (OLD.service_id IS NOT NULL AND NEW.service_id IS NOT NULL
      AND OLD.service_id <> NEW.service_id)
EXECUTE FUNCTION refuse_second_holder()
"""


def upgrade() -> None:
    """Make them."""
    exchanges()
    segments()
    numbers()
    addresses()
    splitters()
    pools()
    pool_items()
    holders()


def exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.Column("district", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_exchanges"),
    )
    op.create_index("ix_exchanges_network", "exchanges", ["tenant", "local_network", "id"])


def segments() -> None:
    op.create_table(
        "segments",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("exchange_id", EXACT, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("first", EXACT, nullable=False),
        sa.Column("last", EXACT, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("quarantine_days", sa.Integer, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_segments"),
    )
    op.create_index("uq_segments_first", "segments", ["tenant", "first"], unique=True)
    op.create_index("ix_segments_exchange", "segments", ["tenant", "exchange_id", "first"])


def numbers() -> None:
    op.create_table(
        "numbers",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("e164", EXACT, nullable=False),
        sa.Column("exchange_id", EXACT, nullable=False),
        sa.Column("grade", sa.String, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column(
            "idle", sa.Boolean, sa.Computed("state = 'idle'", persisted=True), nullable=False
        ),
        sa.Column("order_id", UUID),
        sa.Column("service_id", UUID),
        sa.Column("selected_by", sa.String),
        sa.Column("until", INSTANT),
        sa.PrimaryKeyConstraint("tenant", "e164", name="pk_numbers"),
        sa.CheckConstraint(
            "(state IN ('reserved', 'in_use', 'pending_release')) = (service_id IS NOT NULL)"
            " AND (order_id IS NULL) = (service_id IS NULL)",
            name="ck_numbers_held_by_one",
        ),
        sa.CheckConstraint(
            "(state = 'selected') = (selected_by IS NOT NULL)",
            name="ck_numbers_selected_by_one",
        ),
        sa.CheckConstraint(
            "(state IN ('selected', 'quarantined')) = (until IS NOT NULL)", name="ck_numbers_ends"
        ),
        postgresql_with=ROOMY,
    )
    idle = sa.text("idle")
    op.create_index(
        *("ix_numbers_idle", "numbers", ["tenant", "exchange_id", "grade", "e164"]),
        postgresql_where=idle,
    )
    op.create_index(
        "ix_numbers_ending",
        "numbers",
        ["tenant", sa.text("reverse(e164)")],
        postgresql_where=idle,
    )
    holder_indexes("numbers")


def addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("exchange_id", EXACT, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("splitter_id", EXACT),
        sa.Column("grams", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_addresses"),
    )
    op.create_index("ix_addresses_grams", "addresses", ["grams"], postgresql_using="gin")
    op.create_index("ix_addresses_exchange", "addresses", ["tenant", "exchange_id", "id"])


def splitters() -> None:
    op.create_table(
        "splitters",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("exchange_id", EXACT, nullable=False),
        sa.Column("olt", sa.String, nullable=False),
        sa.Column("pon_port", sa.String, nullable=False),
        sa.Column("legs", sa.Integer, nullable=False),
        sa.Column("svlan", sa.Integer, nullable=False),
        sa.Column("first_cvlan", sa.Integer, nullable=False),
        sa.Column("faulty_legs", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_splitters"),
    )
    op.create_index("ix_splitters_svlan", "splitters", ["tenant", "exchange_id", "svlan", "id"])


def pools() -> None:
    op.create_table(
        "pools",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("exchange_id", EXACT, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "name", name="pk_pools"),
    )
    op.create_index("ix_pools_exchange", "pools", ["tenant", "exchange_id", "kind", "name"])


def pool_items() -> None:
    op.create_table(
        "pool_items",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("pool", EXACT, nullable=False),
        sa.Column("value", EXACT, nullable=False),
        sa.Column("element", sa.String, nullable=False),
        sa.Column("attributes", BYTEA, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column(
            "free", sa.Boolean, sa.Computed("state = 'free'", persisted=True), nullable=False
        ),
        sa.Column("order_id", UUID),
        sa.Column("service_id", UUID),
        sa.PrimaryKeyConstraint("tenant", "kind", "pool", "value", name="pk_pool_items"),
        sa.CheckConstraint(
            "(state IN ('reserved', 'in_use', 'pre_released')) = (service_id IS NOT NULL)"
            " AND (order_id IS NULL) = (service_id IS NULL)",
            name="ck_pool_items_held_by_one",
        ),
        postgresql_with=ROOMY,
    )
    op.create_index(
        *("ix_pool_items_free", "pool_items", ["tenant", "kind", "pool", "value"]),
        postgresql_where=sa.text("free"),
    )
    op.create_index(
        *("uq_pool_items_vlan", "pool_items", ["tenant", "value"]),
        unique=True,
        postgresql_where=sa.text("kind = 'vlan'"),
    )
    holder_indexes("pool_items")


def holder_indexes(table: str) -> None:
    for holder in ("order", "service"):
        op.create_index(
            *(f"ix_{table}_{holder}", table, [f"{holder}_id"]),
            postgresql_where=sa.text(f"{holder}_id IS NOT NULL"),
        )


def holders() -> None:
    """Have the database refuse to hand what one service holds to another."""
    op.execute(SECOND_HOLDER)
    for table in ("numbers", "pool_items"):
        op.execute(ONE_HOLDER.format(table=table))
