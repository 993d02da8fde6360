"""Blanking what orders tell of a party. All else of them stays as it was."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.order.domain.acceptance.submission import without_personal_data
from services.order.domain.order_ids import highest_id_until
from services.order.tables import OrderRow, SubmissionRow
from shared.contracts.personal import blank_personal_data
from shared.persistence.bulk import table_of, update_rows
from shared.persistence.database import Base
from shared.privacy.erasure import BATCH_SIZE, ErasureDue

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
)
IN_BATCH = func.any(bindparam("orders", type_=ARRAY(ORDERS.c.id.type)))
ANSWERS = select(SUBMISSIONS.c.id, SUBMISSIONS.c.answer)
FIRST_ANSWERS = ANSWERS.where(SUBMISSIONS.c.id == IN_BATCH)
REPEATED_ANSWERS = ANSWERS.where(
    SUBMISSIONS.c.order_id == IN_BATCH, SUBMISSIONS.c.id != SUBMISSIONS.c.order_id
)


def erase_next_batch(session: Session, tenant: str, due: ErasureDue) -> list[UUID]:
    """Blank the next part of a party's orders, and their answers; return which orders."""
    bounds = {"after": due.after, "last": highest_id_until(due.until)}
    wanted = {"tenant": tenant, "party_id": due.party_id, **bounds}
    orders = _rewrite_column(session, OrderRow, NEXT_ORDERS, wanted, blank_personal_data)
    # A repetition copies the answer while it holds the first one's row: so that comes first.
    for answers in (FIRST_ANSWERS, REPEATED_ANSWERS):
        _rewrite_column(session, SubmissionRow, answers, {"orders": orders}, without_personal_data)
    return orders


def _rewrite_column(
    session: Session,
    table: type[Base],
    statement: Select[Any],
    wanted: dict[str, Any],
    change: Callable[[Any], Any],
) -> list[UUID]:
    """Write anew what a statement finds and a function changes; return the ids found."""
    column = statement.selected_columns[1].name
    found: Sequence[Any] = session.execute(statement, wanted).all()
    changed = [(id_, new) for id_, was in found if (new := change(was)) != was]
    update_rows(session, table, ("id", column), changed)
    return [id_ for id_, _ in found]
