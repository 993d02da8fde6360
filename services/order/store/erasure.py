"""Reads and writes what an erasure blanks: the contents of orders, and stored responses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.order.domain.order import OrderContent
from services.order.domain.order_id_time import highest_id_until
from services.order.tables import OrderRow, SubmissionRow
from shared.persistence.bulk import table_of, update_rows
from shared.privacy.erasure import BATCH_SIZE

ORDERS = table_of(OrderRow)
SUBMISSIONS = table_of(SubmissionRow)
NEXT_ORDERS = (
    select(ORDERS.c.id, ORDERS.c.content)
    .where(
        ORDERS.c.tenant == bindparam("tenant"),
        ORDERS.c.party_id == bindparam("party_id"),
        ORDERS.c.id > bindparam("after"),
        ORDERS.c.id <= bindparam("last"),
    )
    .order_by(ORDERS.c.id)
    .limit(BATCH_SIZE)
    .with_for_update(key_share=True)
)
"""Locked: an order that has waited is written when it starts."""

IN_BATCH = func.any(bindparam("orders", type_=ARRAY(ORDERS.c.id.type)))
ANSWERS = select(SUBMISSIONS.c.id, SUBMISSIONS.c.answer)
FIRST_ANSWERS = ANSWERS.where(SUBMISSIONS.c.id == IN_BATCH)
REPEATED_ANSWERS = ANSWERS.where(
    SUBMISSIONS.c.order_id == IN_BATCH, SUBMISSIONS.c.id != SUBMISSIONS.c.order_id
)


def find_next_contents(
    session: Session, tenant: str, party_id: str, *, after: UUID, until: datetime
) -> list[tuple[UUID, OrderContent]]:
    """Return the ids and contents of a party's next orders, up to `BATCH_SIZE`, by id.

    Args:
        session: of the service's database.
        tenant: of the party.
        party_id: the customer of the orders.
        after: the last order of the previous batch.
        until: the latest time at which the orders were placed.
    """
    bounds = {"after": after, "last": highest_id_until(until)}
    found = session.execute(NEXT_ORDERS, {"tenant": tenant, "party_id": party_id, **bounds})
    return [(id_, content) for id_, content in found]


def find_first_submission_answers(
    session: Session, order_ids: Sequence[UUID]
) -> list[tuple[UUID, bytes]]:
    """Return the ids and responses of the first submissions of these orders."""
    return [(id_, answer) for id_, answer in session.execute(FIRST_ANSWERS, {"orders": order_ids})]


def find_later_submission_answers(
    session: Session, order_ids: Sequence[UUID]
) -> list[tuple[UUID, bytes]]:
    """Return the ids and responses of all later submissions of these orders."""
    found = session.execute(REPEATED_ANSWERS, {"orders": order_ids})
    return [(id_, answer) for id_, answer in found]


def put_contents(session: Session, contents: Sequence[tuple[UUID, OrderContent]]) -> None:
    """Update the contents of orders, by id."""
    update_rows(session, OrderRow, ("id", "content"), contents)


def put_answers(session: Session, answers: Sequence[tuple[UUID, bytes]]) -> None:
    """Update the responses of submissions, by id."""
    update_rows(session, SubmissionRow, ("id", "answer"), answers)
