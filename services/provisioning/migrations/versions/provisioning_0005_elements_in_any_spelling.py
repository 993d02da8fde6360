"""Fallout is found by the element in any spelling; fallout is seldom, so the index costs little."""

from alembic import op

revision = "provisioning_0005"
down_revision = "provisioning_0004"

SPELLING = r"regexp_replace(upper(element), '(^|[^0-9])0+([0-9])', '\1\2', 'g')"


def upgrade() -> None:
    """Index fallout by what all spellings of its element have in common."""
    columns = f"tenant, state, ({SPELLING}), opened_at, id"
    op.execute(f"CREATE INDEX ix_fallout_spelling ON fallout ({columns})")
