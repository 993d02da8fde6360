"""The customer service's tables: parties, accounts, and the facts of their orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "customer_0001"
down_revision = None
branch_labels = ("customer",)

INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text(collation="C")


def upgrade() -> None:
    """Make them."""
    parties()
    accounts()
    orders()
    products()
    services()


def parties() -> None:
    op.create_table(
        "parties",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("phone", EXACT, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("identity_number", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("told_by", UUID, nullable=False),
        sa.Column("erased_at", INSTANT),
        sa.Column("person_mark", sa.String, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "party_id", name="pk_parties"),
        postgresql_with={"fillfactor": "90"},
    )
    searched = {
        "ix_parties_phone": "phone",
        "ix_parties_name": "name",
        "ix_parties_mark": "person_mark",
    }
    for index, column in searched.items():
        op.create_index(
            index,
            "parties",
            ["tenant", column, "party_id"],
            postgresql_where=sa.text(f"{column} <> ''"),
        )


def accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("told_by", UUID, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account_id", name="pk_accounts"),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index("ix_accounts_party", "accounts", ["tenant", "party_id", "account_id"])


def orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("one_off_cents", sa.BigInteger, nullable=False),
        sa.Column("monthly_cents", sa.BigInteger, nullable=False),
        sa.Column("items", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
    )
    op.create_index("ix_orders_party", "orders", ["tenant", "party_id", "order_id"])
    op.create_table(
        "endings",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_endings"),
    )
    op.create_table(
        "assignments",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("items", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_assignments"),
    )
    op.create_table(
        "stops",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("is_hold", sa.Boolean, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stops"),
    )
    op.create_index("ix_stops_order", "stops", ["order_id"])


def products() -> None:
    op.create_table(
        "products",
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("party_id", sa.String, server_default="", nullable=False),
        sa.Column("service_id", UUID),
        sa.Column("offering_id", sa.String, server_default="", nullable=False),
        sa.Column("name", sa.String, server_default="", nullable=False),
        sa.Column("number", sa.String, server_default="", nullable=False),
        sa.Column("monthly_cents", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("told_by", UUID),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("product_id", name="pk_products"),
    )
    op.create_index(
        "ix_products_party",
        "products",
        ["tenant", "party_id", "product_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def services() -> None:
    op.create_table(
        "services",
        sa.Column("service_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("product_id", UUID),
        sa.Column("specification", sa.String, server_default="", nullable=False),
        sa.Column("held", BYTEA),
        sa.Column("told_at", INSTANT),
        sa.Column("told_by", UUID),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("service_id", name="pk_services"),
    )
