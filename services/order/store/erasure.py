"""Blanking what orders tell of a party. All else of them stays as it was."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.order.domain.moments import last_until
from services.order.domain.submission import without_persons
from services.order.tables import OrderRow, SubmissionRow
from shared.contracts.personal import blank
from shared.persistence.bulk import table_of, update_rows
from shared.persistence.database import Base
from shared.privacy.erasure import PART, ErasureDue

ORDERS = table_of(OrderRow)
SUBMISSIONS = table_of(SubmissionRow)
NEXT = (
    select(ORDERS.c.id, ORDERS.c.content)
    .where(
        ORDERS.c.tenant == bindparam("tenant"),
        ORDERS.c.party_id == bindparam("party_id"),
        ORDERS.c.id > bindparam("after"),
        ORDERS.c.id <= bindparam("last"),
    )
    .order_by(ORDERS.c.id)
    .limit(PART)
)
THESE = func.any(bindparam("orders", type_=ARRAY(ORDERS.c.id.type)))
ANSWERS = select(SUBMISSIONS.c.id, SUBMISSIONS.c.answer)
FIRST = ANSWERS.where(SUBMISSIONS.c.id == THESE)
REPEATED = ANSWERS.where(
    SUBMISSIONS.c.order_id == THESE, SUBMISSIONS.c.id != SUBMISSIONS.c.order_id
)


def forget(session: Session, tenant: str, due: ErasureDue) -> list[UUID]:
    """Blank the next part of a party's orders, and their answers; return which orders."""
    bounds = {"after": due.after, "last": last_until(due.until)}
    wanted = {"tenant": tenant, "party_id": due.party_id, **bounds}
    orders = _change(session, OrderRow, NEXT, wanted, blank)
    # A repetition copies the answer while it holds the first one's row: so that comes first.
    for answers in (FIRST, REPEATED):
        _change(session, SubmissionRow, answers, {"orders": orders}, without_persons)
    return orders


def _change(
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
