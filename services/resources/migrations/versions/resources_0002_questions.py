"""Old reservations, and whether a plan answers for each."""

import sqlalchemy as sa
from alembic import op

revision = "resources_0002"
down_revision = "resources_0001"


def upgrade() -> None:
    """Make the table; the next look fills it."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "questions",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("question_id", sa.Uuid),
        sa.Column("asked_at", moment),
        sa.Column("answered_at", moment),
        sa.Column("is_needed", sa.Boolean),
        sa.Column("plan", sa.String, nullable=False, server_default=""),
        sa.Column("release_by", sa.String, nullable=False, server_default=""),
        sa.Column("release_reason", sa.String, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("order_id", name="pk_questions"),
    )
    op.create_index("ix_questions_since", "questions", ["tenant", "since", "order_id"])
