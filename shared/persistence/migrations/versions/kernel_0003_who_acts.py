"""Who acts: the person in the history, the audit, grants between clients, approvals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "kernel_0003"
down_revision = "kernel_0002"

INSTANT = sa.DateTime(timezone=True)


def text(name: str) -> sa.Column[str]:
    """Return a column of text that is always there."""
    return sa.Column(name, sa.String, nullable=False)


def upgrade() -> None:
    """Add them."""
    op.add_column("history", sa.Column("actor", sa.String, server_default="", nullable=False))
    audited()
    granted()
    approved()


def audited() -> None:
    """Make the audit, append-only."""
    op.create_table(
        "audit",
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        *map(text, ("tenant", "actor", "client", "role", "action", "subject")),
        sa.Column("things", sa.BigInteger, nullable=False),
        text("reason"),
        sa.Column("cause", UUID, nullable=False),
        sa.Column("hash", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit"),
    )
    op.create_index("ix_audit_tenant", "audit", ["tenant", "position"])
    op.create_index("ix_audit_subject", "audit", ["tenant", "subject", "position"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite()"
    )


def granted() -> None:
    """Make the copy of the grants."""
    op.create_table(
        "access_grants",
        *map(text, ("tenant", "grantee", "owner", "customer_id", "level")),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String, server_default="", nullable=False),
        sa.Column("reason", sa.String, server_default="", nullable=False),
        sa.PrimaryKeyConstraint(
            *("tenant", "grantee", "owner", "customer_id"), name="pk_access_grants"
        ),
    )


def approved() -> None:
    """Make the requests for approval."""
    op.create_table(
        "approvals",
        sa.Column("id", UUID, nullable=False),
        *map(text, ("tenant", "action", "subject")),
        sa.Column("fingerprint", BYTEA, nullable=False),
        *map(text, ("asked_by", "reason")),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("decided_by", sa.String, server_default="", nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_waiting", "approvals", ["tenant", "state", "id"])
    op.create_index(
        "uq_approvals_open",
        "approvals",
        ["tenant", "action", "asked_by", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'approved')"),
    )
