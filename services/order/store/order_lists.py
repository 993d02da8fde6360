"""Lists of orders, each by an index that holds them in the order shown."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.moments import first_from, last_until
from services.order.domain.order import Order
from services.order.domain.progress import Progress
from services.order.domain.states import State
from services.order.tables import OrderRow, ProgressRow, SubmissionRow
from shared.access import Reach
from shared.grants import looked_up, within
from shared.window import Window, page_of

ORDER = [getattr(OrderRow, name) for name in Order.__dataclass_fields__]
PROGRESS = [getattr(ProgressRow, name) for name in Progress.__dataclass_fields__]


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
    wanted = replace(wanted, reach=looked_up(session, wanted.reach))
    rows = session.execute(statement(wanted, window))
    return [(Order(*row[: len(ORDER)]), Progress(*row[len(ORDER) :])) for row in rows]


def statement(wanted: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the orders that are wanted, the newest first."""
    found = (
        select(*ORDER, *PROGRESS)
        .join(ProgressRow, ProgressRow.order_id == OrderRow.id)
        .where(OrderRow.tenant == wanted.reach.tenant, *conditions(wanted))
    )
    return page_of(found, [OrderRow.id], window, descending=True, joined=ProgressRow.order_id)


def conditions(wanted: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each order.

    Bounds of time are told of both tables: a merge of the two would read the other's newer rows.
    """
    if not wanted.reach.is_whole:
        yield within(wanted.reach, OrderRow.client, OrderRow.party_id)
    if wanted.party_id is not None:
        yield OrderRow.party_id == wanted.party_id
    if wanted.state is not None:
        yield ProgressRow.tenant == wanted.reach.tenant
        yield ProgressRow.state == wanted.state
    if wanted.external_id is not None:
        yield OrderRow.id.in_(named(wanted.reach.tenant, wanted.external_id))
    if wanted.ordered_from is not None:
        first = first_from(wanted.ordered_from)
        yield from (OrderRow.id >= first, ProgressRow.order_id >= first)
    if wanted.ordered_until is not None:
        last = last_until(wanted.ordered_until)
        yield from (OrderRow.id <= last, ProgressRow.order_id <= last)


def named(tenant: str, external_id: str) -> Select[UUID]:
    """Return the select for the ids of orders that clients have given this externalId."""
    return select(SubmissionRow.order_id).where(
        SubmissionRow.tenant == tenant, SubmissionRow.external_id == external_id
    )
