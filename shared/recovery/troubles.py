"""What people are told of a database that was set back."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.recovery.rows import RecoveryRow
from shared.troubles import Kind, Trouble, age_s

ACKNOWLEDGE = (
    "have CRMs send their orders of that time again by externalId, repeat other changes, then "
    "POST /ops/v1/recoveries/{id}/acknowledge"
)


def restored(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the recoveries that go on, or that no person has acknowledged."""
    open_ones = select(RecoveryRow).where(RecoveryRow.acknowledged_at.is_(None))
    for row in session.scalars(open_ones.order_by(RecoveryRow.noticed_at).limit(10)):
        yield Trouble(
            kind=Kind.RESTORED,
            oldest_age_s=age_s(row.noticed_at, now),
            says=told_of(row),
            remedy=ACKNOWLEDGE.format(id=row.id)
            if row.ended_at
            else "wait: messages are taken over and read once more, and orders wait meanwhile",
        )


def told_of(row: RecoveryRow) -> str:
    """Say in one line what was lost, and what was made up for."""
    since = f"{row.lost_from:%Y-%m-%d %H:%M:%S}" if row.lost_from else "its beginning"
    gone = f"; {row.missing} had lost records already" if row.missing else ""
    return (
        f"the database was set back: from {since} to {row.noticed_at:%Y-%m-%d %H:%M:%S} UTC it "
        f"has only what had left the process ({row.taken_over} messages taken over, "
        f"{row.replayed} read once more, {row.state}){gone}"
    )
