"""Products that count for identities, and blocked identities."""

import sqlalchemy as sa
from alembic import op

revision = "order_0011"
down_revision = "order_0010"


def upgrade() -> None:
    """Create the tables: no product counts for an identity until now."""
    op.create_table(
        "identity_holdings",
        sa.Column("id", sa.UUID),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("counts_as", sa.String, nullable=False),
        sa.Column("product_id", sa.UUID, nullable=False),
        sa.Column("order_id", sa.UUID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_holdings"),
    )
    op.create_index("ix_identity_holdings_identity", "identity_holdings", ["tenant", "identity"])
    op.create_index("ix_identity_holdings_product", "identity_holdings", ["product_id"])
    op.create_index("ix_identity_holdings_order", "identity_holdings", ["order_id"])
    op.create_table(
        "identity_blocks",
        sa.Column("id", sa.UUID),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("document_type", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("blocked_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_blocks"),
    )
    op.create_index(
        "uq_identity_blocks_identity", "identity_blocks", ["tenant", "identity"], unique=True
    )
    op.create_index("ix_identity_blocks_tenant", "identity_blocks", ["tenant", "id"])
