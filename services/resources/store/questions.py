"""Old reservations: found, and what is known of each."""

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.orm import Session

from services.resources.domain.question import AGAIN, Question
from services.resources.tables import QuestionRow
from shared.contracts import ResourcesAssigned
from shared.errors import NotFoundError
from shared.observability.troubles import Kind, Trouble, age_s, counted
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, page_of
from shared.persistence.repository import Shelf
from shared.persistence.statements import Prepared

QUESTIONS = Shelf(QuestionRow, Question)
TABLE = table_of(QuestionRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Question)]
MOST = 500
"""So many are asked about at a time."""

find = QUESTIONS.find
put = QUESTIONS.put

OLD = text("""
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
"""When something was reserved stands in the archive, where the order was told of it."""

UNANSWERED_FOR = Prepared(
    select(func.count(), func.min(TABLE.c.since)).where(TABLE.c.is_needed.is_(False))
)


def look_for_old(session: Session, before: datetime) -> None:
    """Keep which orders hold reservations from before a time, and forget those that do not.

    This reads all numbers and pool items, once an hour.
    """
    session.execute(OLD, {"before": before, "assigned": ResourcesAssigned.type})


def to_ask(session: Session, now: datetime) -> list[Question]:
    """Return the reservations to be asked about now, those never asked about first."""
    due = or_(TABLE.c.asked_at.is_(None), TABLE.c.asked_at <= now - AGAIN)
    rows = select(TABLE.c.order_id).where(due).order_by(TABLE.c.asked_at.nulls_first()).limit(MOST)
    keys = list(session.scalars(rows))
    QUESTIONS.preload(session, keys)
    return [each for key in keys if (each := QUESTIONS.find(session, key))]


def listed(session: Session, tenant: str, before: datetime, rows: Window) -> list[Question]:
    """Return a tenant's reservations from before a time, the oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.tenant == tenant, TABLE.c.since <= before)
    these = session.execute(page_of(mine, [TABLE.c.since, TABLE.c.order_id], rows))
    return [Question(*row) for row in these]


def look(session: Session, tenant: str, order_id: UUID) -> Question:
    """Return what is known of one order's reservation, to show it.

    Raises:
        NotFoundError: if nothing is.
    """
    question = QUESTIONS.look(session, order_id)
    if question.tenant != tenant:
        msg = f"there is no question {order_id}"
        raise NotFoundError(msg)
    return question


def forget(session: Session, orders: Collection[UUID]) -> None:
    """Forget what was answered of these orders: they have asked again, so they live."""
    session.execute(delete(TABLE).where(TABLE.c.order_id.in_(orders)))


def questioned(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the trouble of reservations that no plan answers for."""
    count, since = UNANSWERED_FOR.rows(session)[0]
    if count:
        yield Trouble(
            kind=Kind.QUESTIONED,
            count=count,
            oldest_age_s=age_s(since, now),
            says=f"{counted(count, 'reservation')} that no plan answers for",
            remedy="GET /ops/v1/reservations lists them; POST /ops/v1/reservations/ORDER/release",
        )
