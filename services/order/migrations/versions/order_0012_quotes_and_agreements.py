"""Quotes, priced orders that are not placed yet; and agreements with customers."""

import sqlalchemy as sa
from alembic import op

revision = "order_0012"
down_revision = "order_0011"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "quotes",
        sa.Column("id", sa.UUID),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("order_id", sa.UUID),
        sa.Column("idempotency_key", sa.String),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
    )
    op.create_index(
        "uq_quotes_key",
        "quotes",
        ["tenant", "client", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "agreements",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("terms", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_agreements"),
    )
    op.create_index("ix_agreements_customer", "agreements", ["tenant", "party_id", "id"])
