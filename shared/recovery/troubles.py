"""Troubles, errors and remedies after a restore of the database."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import UnavailableError
from shared.ids import made_at
from shared.observability.troubles import Trouble, TroubleKind, age_s
from shared.recovery import recovery_store
from shared.recovery.recovery_store import RecoveryRow, RecoveryState

ACKNOWLEDGE_REMEDY = (
    "have CRMs send their orders of that time again by externalId, repeat other changes, then "
    "POST /ops/v1/recoveries/{id}/acknowledge"
)

REMEDIES = {
    RecoveryState.TAKING_OVER: (
        "wait: requests are answered with 503 until all published messages are taken over; CRMs "
        "repeat them then"
    ),
    RecoveryState.REPLAYING: (
        "wait: messages of other services are consumed again; orders are accepted, and wait"
    ),
    RecoveryState.DONE: ACKNOWLEDGE_REMEDY,
}


def recovery_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield a trouble for each recovery that no person has acknowledged."""
    open_ones = select(RecoveryRow).where(RecoveryRow.acknowledged_at.is_(None))
    for row in session.scalars(open_ones.order_by(RecoveryRow.noticed_at).limit(10)):
        yield Trouble(
            kind=TroubleKind.RESTORED,
            oldest_age_s=age_s(row.noticed_at, now),
            says=recovery_in_words(row),
            remedy=REMEDIES[row.state].format(id=row.id),
            explains=(TroubleKind.DATABASE_UNPROVEN,)
            if row.state is RecoveryState.TAKING_OVER
            else (),
        )


def remedy_if_lost(session: Session, id_: UUID) -> str:
    """Return the remedy where an id is unknown and may have been lost in a restore.

    Empty where no recovery covers the time at which the id was made.
    """
    moment = made_at(id_)
    row = recovery_store.recovery_covering(session, moment) if moment else None
    return (
        f"the database was restored, and what was accepted from {lost_from_text(row)} to "
        f"{row.noticed_at:%Y-%m-%d %H:%M:%S} UTC may be missing: send it again with the same "
        "externalId or Idempotency-Key; what is not missing is answered as before"
        if row
        else ""
    )


def check_not_recovering(session: Session) -> None:
    """Check that no recovery is open, so that what is not in the database does not exist.

    Raises:
        UnavailableError: if messages of other services are being consumed again after a restore.
    """
    if row := recovery_store.find_open_recovery(session):
        msg = (
            "the database was restored, and messages of other services are consumed again: what "
            f"the request needs may still arrive; GET /ops/v1/recoveries shows recovery {row.id}"
        )
        raise UnavailableError(msg)


def lost_from_text(row: RecoveryRow) -> str:
    """Return the time from which changes may be lost."""
    return f"{row.lost_from:%Y-%m-%d %H:%M:%S}" if row.lost_from else "its beginning"


def recovery_in_words(row: RecoveryRow) -> str:
    """Return in one line what was lost, and what was recovered."""
    deleted = f"; records of {row.missing} were deleted already" if row.missing else ""
    return (
        f"the database was restored to an earlier state: from {lost_from_text(row)} "
        f"to {row.noticed_at:%Y-%m-%d %H:%M:%S} UTC "
        f"it has only what Kafka has ({row.taken_over} messages taken over, "
        f"{row.replayed} consumed again, {row.state}){deleted}"
    )
