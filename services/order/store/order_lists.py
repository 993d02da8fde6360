"""Lists of orders, each by an index that holds them in the order shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import ge, le
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.moments import first_from, last_until
from services.order.domain.order import Order
from services.order.domain.progress import Progress
from services.order.domain.states import State
from services.order.tables import OrderRow, ProgressRow, SubmissionRow
from shared.access import Reach
from shared.grants import Whose, page_within, within
from shared.window import Window, page_of

ORDER = [getattr(OrderRow, name) for name in Order.__dataclass_fields__]
PROGRESS = [getattr(ProgressRow, name) for name in Progress.__dataclass_fields__]
WHOSE = Whose(OrderRow.client, OrderRow.party_id)
KEYS = [OrderRow.id]
Compare: TypeAlias = Callable[[Any, UUID], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None does not ask."""

    reach: Reach
    state: State | None = None
    external_id: str | None = None
    party_id: str | None = None
    ordered_from: datetime | None = None
    ordered_until: datetime | None = None


def find(session: Session, wanted: OrderFilter, window: Window) -> list[tuple[Order, Progress]]:
    """Return the orders that are wanted with where they stand, the newest first."""
    rows = session.execute(statement(session, wanted, window))
    return [(Order(*row[: len(ORDER)]), Progress(*row[len(ORDER) :])) for row in rows]


def statement(session: Session, wanted: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the orders that are wanted, the newest first."""
    if wanted.state is None:
        return with_progress(page(session, wanted, select(*ORDER), window))
    found = select(*ORDER, *PROGRESS).join(ProgressRow, ProgressRow.order_id == OrderRow.id)
    return page(session, wanted, found, window)


def page(session: Session, wanted: OrderFilter, found: Select[Any], window: Window) -> Select[Any]:
    """Return the select for a part of those of these rows that are wanted."""
    found = found.where(OrderRow.tenant == wanted.reach.tenant, *conditions(wanted))
    how: Any = {"descending": True, "joined": ProgressRow.order_id if wanted.state else None}
    if wanted.external_id is None:
        return page_within(session, wanted.reach, found, WHOSE, KEYS, window, **how)
    return page_of(found.where(within(wanted.reach, *WHOSE)), KEYS, window, **how)


def with_progress(orders: Select[Any]) -> Select[Any]:
    """Return the select for orders and where they stand: looked up for each of the page alone.

    Were it joined before, a span of time would be read of both tables, and compared in pairs:
    PostgreSQL cannot tell how many ids are in a span.
    """
    these = orders.subquery("orders_page")
    found = select(*these.c, *PROGRESS).join(ProgressRow, ProgressRow.order_id == these.c.id)
    return found.order_by(these.c.id.desc())


def conditions(wanted: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each order."""
    if wanted.party_id is not None:
        yield OrderRow.party_id == wanted.party_id
    if wanted.state is not None:
        yield ProgressRow.tenant == wanted.reach.tenant
        yield ProgressRow.state == wanted.state
    if wanted.external_id is not None:
        yield OrderRow.id.in_(named(wanted.reach.tenant, wanted.external_id))
    if wanted.ordered_from is not None:
        yield from of_both(wanted, ge, first_from(wanted.ordered_from))
    if wanted.ordered_until is not None:
        yield from of_both(wanted, le, last_until(wanted.ordered_until))


def of_both(wanted: OrderFilter, compare: Compare, bound: UUID) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of an id, also of the joined table's where one is joined.

    A merge of the two would read the other's newer rows.
    """
    yield compare(OrderRow.id, bound)
    if wanted.state is not None:
        yield compare(ProgressRow.order_id, bound)


def named(tenant: str, external_id: str) -> Select[UUID]:
    """Return the select for the ids of orders that clients have given this externalId."""
    return select(SubmissionRow.order_id).where(
        SubmissionRow.tenant == tenant, SubmissionRow.external_id == external_id
    )
