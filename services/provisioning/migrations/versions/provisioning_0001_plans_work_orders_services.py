"""The provisioning service's tables: blueprints, plans, services, work orders, fallout."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "provisioning_0001"
down_revision = None
branch_labels = ("provisioning",)

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    blueprints()
    plans()
    services()
    work_orders()
    fallout()
    elements()


def blueprints() -> None:
    """Make what plans are drawn from."""
    op.create_table(
        "blueprints",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("specification", sa.String, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", BYTEA, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("published_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "specification", "action", "version", name="pk_blueprints"
        ),
    )
    op.create_table(
        "blueprint_editions",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("edition", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_blueprint_editions"),
    )


def plans() -> None:
    """Make the plans."""
    op.create_table(
        "plans",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("items", BYTEA, nullable=False),
        sa.Column("steps", BYTEA, nullable=False),
        sa.Column("failure", BYTEA),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_plans"),
        postgresql_with={"fillfactor": "60", "toast_tuple_target": "8160"},
    )


def services() -> None:
    """Make the service inventory."""
    op.create_table(
        "services",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("specification", sa.String, nullable=False),
        sa.Column("blueprint_version", sa.Integer, nullable=False),
        sa.Column("catalogue_version", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("address_id", sa.String, nullable=False),
        sa.Column("characteristics", BYTEA, nullable=False),
        sa.Column("held", BYTEA, nullable=False),
        sa.Column("elements", BYTEA, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
    )
    by_customer = ["tenant", "customer_id", "id"]
    op.create_index("ix_services_customer", "services", by_customer)
    op.create_index(
        "ix_services_gone",
        "services",
        by_customer,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )


def work_orders() -> None:
    """Make the work orders."""
    op.create_table(
        "work_orders",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("undo", sa.Boolean, nullable=False),
        sa.Column("job", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("skill", sa.String, nullable=False),
        sa.Column("district", sa.String, nullable=False),
        sa.Column("specification", sa.String, nullable=False),
        sa.Column("service_id", UUID, nullable=False),
        sa.Column("address_id", sa.String, nullable=False),
        sa.Column("parameters", BYTEA, nullable=False),
        sa.Column("held", BYTEA, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("dispatched_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT),
        sa.Column("accepted_by", sa.String, nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("answered_by", sa.String, nullable=False),
        sa.Column("remark", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_orders"),
    )
    op.create_index("ix_work_orders_order_id", "work_orders", ["order_id"])
    op.create_index(
        "ix_work_orders_open",
        "work_orders",
        ["tenant", "skill", "district", "priority", "dispatched_at", "id"],
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(
        "ix_work_orders_closed",
        "work_orders",
        ["tenant", "state", "dispatched_at", "id"],
        postgresql_where=sa.text("answered_at IS NOT NULL"),
    )


def fallout() -> None:
    """Make the records of what people had to look at."""
    op.create_table(
        "fallout",
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("undoing", sa.Boolean, nullable=False),
        sa.Column("specification", sa.String, nullable=False),
        sa.Column("element", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("remark", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fallout"),
    )
    op.create_index("ix_fallout_order_id", "fallout", ["order_id"])
    op.create_index("ix_fallout_state", "fallout", ["tenant", "state", "opened_at", "id"])


def elements() -> None:
    """Make what is known of network elements."""
    op.create_table(
        "elements",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("concurrency", sa.Integer, nullable=False),
        sa.Column("per_second", sa.Float, nullable=False),
        sa.Column("in_maintenance", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_elements"),
    )
