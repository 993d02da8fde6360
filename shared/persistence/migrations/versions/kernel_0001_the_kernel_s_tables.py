"""The kernel's tables: outbox, inbox, parking, timers, attempts, history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "kernel_0001"
down_revision = None
branch_labels = ("kernel",)

INSTANT = sa.DateTime(timezone=True)
INBOX_PARTS = 16


def upgrade() -> None:
    """Make them."""
    told()
    heard()
    set_aside()
    due_later()
    called()
    remembered()


def told() -> None:
    """Make what the outbox and the relay need."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("outbox_position")))
    op.create_table(
        "outbox",
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("key", UUID, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("told_at", "position", name="pk_outbox"),
        postgresql_partition_by="RANGE (told_at)",
    )
    op.create_index("ix_outbox_key", "outbox", ["key", "position"])
    op.create_table(
        "unsent",
        sa.Column("key", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("teller", UUID, nullable=False),
        sa.PrimaryKeyConstraint("key", "id", name="pk_unsent"),
    )
    op.create_index("ix_unsent_position", "unsent", ["position"])
    op.create_table(
        "sequences",
        sa.Column("key", UUID, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sequences"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "sent",
        sa.Column("source", sa.String, nullable=False),
        sa.Column("highest", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_sent"),
        postgresql_with={"fillfactor": "10"},
    )


def heard() -> None:
    """Make what the inbox needs."""
    op.create_table(
        "inbox",
        sa.Column("message_id", UUID, nullable=False),
        sa.Column("handled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_inbox"),
        postgresql_partition_by="HASH (message_id)",
    )
    for part in range(INBOX_PARTS):
        op.execute(
            f"CREATE TABLE inbox_{part:02} PARTITION OF inbox"
            f" FOR VALUES WITH (MODULUS {INBOX_PARTS}, REMAINDER {part})"
        )
    op.create_table(
        "offsets",
        sa.Column("source", sa.String, nullable=False),
        sa.Column("reached", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_offsets"),
        postgresql_with={"fillfactor": "10"},
    )
    op.create_table(
        "trials",
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("deaths", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_trials"),
    )


def set_aside() -> None:
    """Make what parking needs."""
    op.create_table(
        "parked",
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("key", BYTEA, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("parked_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT),
        sa.PrimaryKeyConstraint("position", name="pk_parked"),
        sa.UniqueConstraint("identity", name="uq_parked_identity"),
    )
    op.create_index(
        "ix_parked_open",
        "parked",
        ["key", "position"],
        postgresql_where=sa.text("released_at IS NULL"),
    )


def due_later() -> None:
    """Make what timers need."""
    op.create_table(
        "timers",
        sa.Column("id", UUID, nullable=False),
        sa.Column("key", UUID, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])


def called() -> None:
    """Make what the runner needs."""
    op.create_table(
        "attempts",
        sa.Column("id", UUID, nullable=False),
        sa.Column("operation_id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("element", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("parameters", BYTEA, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("max_tries", sa.Integer, nullable=False),
        sa.Column("timeout_ms", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("questions", sa.Integer, nullable=False),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("local_network", sa.String, nullable=False),
        sa.Column("cause", UUID, nullable=False),
        sa.Column("correlation_id", UUID, nullable=False),
        sa.Column("traceparent", sa.String, nullable=False),
        sa.Column("wanted_at", INSTANT, nullable=False),
        sa.Column("rank", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("result", sa.String(32)),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_index("ix_attempts_order_id", "attempts", ["order_id"])
    op.create_index(
        "ix_attempts_open", "attempts", ["rank"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "ix_attempts_calling",
        "attempts",
        ["element"],
        postgresql_where=sa.text("ended_at IS NULL AND lease_until IS NOT NULL"),
    )
    op.create_table(
        "rates",
        sa.Column("element", sa.String, nullable=False),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("filled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("element", name="pk_rates"),
        postgresql_with={"fillfactor": "10"},
    )


def remembered() -> None:
    """Make the history."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("history_position")))
    op.create_table(
        "history",
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("part", sa.String, nullable=False),
        sa.Column("was", sa.String, nullable=False),
        sa.Column("became", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("cause", UUID, nullable=False),
        sa.PrimaryKeyConstraint("at", "position", name="pk_history"),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_history_subject", "history", ["subject", "position"])
    op.execute(
        "CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'the history is only ever added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON history"
        " FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite()"
    )
