"""The store of questions about old reservations."""

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.orm import Session

from services.resources.domain.allocation.reservation_review import (
    ASK_AGAIN_AFTER,
    ReservationReview,
)
from services.resources.tables import ReservationReviewRow
from shared.observability.troubles import Trouble, TroubleKind, age_s, count_with_noun
from shared.persistence.bulk import table_of
from shared.persistence.pagination import Window, select_page
from shared.persistence.repository import Repository
from shared.persistence.statements import CompiledStatement

QUESTIONS = Repository(ReservationReviewRow, ReservationReview)
TABLE = table_of(ReservationReviewRow)
COLUMNS = [TABLE.c[field.name] for field in fields(ReservationReview)]
MAX_QUESTIONS = 500
"""The most reservations questioned at a time."""

find_for_update = QUESTIONS.find_for_update
put = QUESTIONS.put

INSERT_OLD = text("""
WITH held AS (
    SELECT tenant, order_id FROM numbers WHERE state IN ('reserved', 'pending_release')
    UNION
    SELECT tenant, order_id FROM pool_items WHERE state IN ('reserved', 'pre_released')
), old AS (
    SELECT held.tenant, held.order_id, coalesce(min(outbox.told_at), :before) AS since
    FROM held LEFT JOIN outbox ON outbox.key = held.order_id AND outbox.type = :assigned
    GROUP BY held.tenant, held.order_id
    HAVING coalesce(min(outbox.told_at), :before) <= :before
), gone AS (
    DELETE FROM questions WHERE order_id NOT IN (SELECT order_id FROM held)
)
INSERT INTO questions (order_id, tenant, since)
SELECT order_id, tenant, since FROM old
ON CONFLICT (order_id) DO NOTHING
""")
"""The time of a reservation is that of its published `resources.assigned` in the archive."""

UNNEEDED_COUNT = CompiledStatement(
    select(func.count(), func.min(TABLE.c.since)).where(TABLE.c.is_needed.is_(False))
)


def refresh_old_reservations(session: Session, before: datetime, assigned_type: str) -> None:
    """Store the orders with reservations from before a time, and delete those without any.

    This reads all numbers and pool items, once an hour.

    Args:
        session: of the database.
        before: the time.
        assigned_type: the type of the messages in the archive that say when it was reserved.
    """
    session.execute(INSERT_OLD, {"before": before, "assigned": assigned_type})


def get_due_for_update(session: Session, now: datetime) -> list[ReservationReview]:
    """Return the reservations to be questioned now, those never questioned first."""
    due = or_(TABLE.c.asked_at.is_(None), TABLE.c.asked_at <= now - ASK_AGAIN_AFTER)
    rows = (
        select(TABLE.c.order_id)
        .where(due)
        .order_by(TABLE.c.asked_at.nulls_first())
        .limit(MAX_QUESTIONS)
    )
    keys = list(session.scalars(rows))
    QUESTIONS.preload(session, keys)
    return [each for key in keys if (each := QUESTIONS.find_for_update(session, key))]


def find_page(
    session: Session, tenant: str, before: datetime, window: Window
) -> list[ReservationReview]:
    """Return a tenant's reservations from before a time, the oldest first."""
    query = select(*COLUMNS).where(TABLE.c.tenant == tenant, TABLE.c.since <= before)
    result = session.execute(select_page(query, [TABLE.c.since, TABLE.c.order_id], window))
    return [ReservationReview(*row) for row in result]


def find_in_tenant(session: Session, tenant: str, order_id: UUID) -> ReservationReview | None:
    """Return the question about one order's reservation, without a lock; None without one."""
    found = QUESTIONS.find(session, order_id)
    return found if found and found.tenant == tenant else None


def delete_of_orders(session: Session, orders: Collection[UUID]) -> None:
    """Delete the questions about these orders."""
    session.execute(delete(TABLE).where(TABLE.c.order_id.in_(orders)))


def unneeded_reservation_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the trouble of reservations that no plan needs."""
    count, since = UNNEEDED_COUNT.rows(session)[0]
    if count:
        yield Trouble(
            kind=TroubleKind.QUESTIONED,
            count=count,
            oldest_age_s=age_s(since, now),
            says=f"{count_with_noun(count, 'reservation')} that no plan needs",
            remedy="GET /ops/v1/reservations lists them; POST /ops/v1/reservations/ORDER/release",
        )
