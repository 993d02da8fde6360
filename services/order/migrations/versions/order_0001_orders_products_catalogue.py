"""The order service's tables: submissions, orders, their progress, products, the catalogue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "order_0001"
down_revision = None
branch_labels = ("order",)

INSTANT = sa.DateTime(timezone=True)
UNPACKED = {"toast_tuple_target": "8160"}


def upgrade() -> None:
    """Make them."""
    submissions()
    orders()
    progress()
    products()
    catalogue()


def submissions() -> None:
    """Make what a repeated request is known by."""
    op.create_table(
        "submissions",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("idempotency_key", sa.String),
        sa.Column("external_id", sa.String),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("fingerprint", BYTEA, nullable=False),
        sa.Column("answer", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        postgresql_with=UNPACKED,
    )
    op.create_index(
        "uq_submissions_key",
        "submissions",
        ["tenant", "client", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "uq_submissions_external_id",
        "submissions",
        ["tenant", "external_id", "client"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )


def orders() -> None:
    """Make the orders."""
    op.create_table(
        "orders",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("content", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        postgresql_with=UNPACKED,
    )
    op.create_index("ix_orders_tenant", "orders", ["tenant", "id"])
    op.create_index("ix_orders_client", "orders", ["tenant", "client", "id"])
    op.create_index("ix_orders_party", "orders", ["tenant", "party_id", "id"])


def progress() -> None:
    """Make where orders stand."""
    op.create_table(
        "order_progress",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("items", BYTEA, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_order_progress"),
    )
    op.create_index("ix_order_progress_state", "order_progress", ["tenant", "state", "order_id"])


def products() -> None:
    """Make the installed base."""
    op.create_table(
        "products",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("offering_id", sa.String, nullable=False),
        sa.Column("specification", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("service_id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("ending_order_id", UUID),
        sa.Column("bundle_id", UUID),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("content", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
    )
    op.create_index("ix_products_tenant", "products", ["tenant", "id"])
    op.create_index("ix_products_party", "products", ["tenant", "party_id", "id"])
    op.create_index("ix_products_offering", "products", ["tenant", "offering_id", "id"])
    op.create_index(
        "ix_products_number",
        "products",
        ["tenant", "number", "id"],
        postgresql_where=sa.text("number <> ''"),
    )
    op.create_index(
        "ix_products_gone",
        "products",
        ["tenant", "status", "id"],
        postgresql_where=sa.text("status <> 'active'"),
    )
    op.create_index(
        "ix_products_bundle",
        "products",
        ["bundle_id"],
        postgresql_where=sa.text("bundle_id IS NOT NULL"),
    )


def catalogue() -> None:
    """Make the catalogue."""
    op.create_table(
        "catalogue",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "id", "version", name="pk_catalogue"),
    )
    op.create_table(
        "catalogue_editions",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("edition", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_catalogue_editions"),
    )
