"""Lists of orders, each by an index that holds them in the order shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.moments import first_from, last_until
from services.order.domain.order import Order
from services.order.domain.progress import Progress
from services.order.domain.states import State
from services.order.tables import OrderRow, ProgressRow, SubmissionRow
from shared.access.grants import Whose, page_within, within
from shared.access.rule import Reach
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, page_of

ORDERS, STANDINGS = table_of(OrderRow).c, table_of(ProgressRow).c
ORDER = [ORDERS[name] for name in Order.__dataclass_fields__]
PROGRESS = [STANDINGS[name] for name in Progress.__dataclass_fields__]


class Source(NamedTuple):
    """The columns of a table that a list is read along: whose each order is, and its id."""

    tenant: Column[str]
    client: Column[str]
    party_id: Column[str]
    id: Column[UUID]

    @property
    def whose(self) -> Whose:
        """The columns that say whose an order is."""
        return Whose(self.client, self.party_id)


BY_AGE = Source(ORDERS.tenant, ORDERS.client, ORDERS.party_id, ORDERS.id)
BY_STATE = Source(STANDINGS.tenant, STANDINGS.client, STANDINGS.party_id, STANDINGS.order_id)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None does not ask."""

    reach: Reach
    state: State | None = None
    external_id: str | None = None
    party_id: str | None = None
    ordered_from: datetime | None = None
    ordered_until: datetime | None = None

    @property
    def source(self) -> Source:
        """The table that has all that is asked of an order."""
        return BY_AGE if self.state is None else BY_STATE


def find(session: Session, wanted: OrderFilter, window: Window) -> list[tuple[Order, Progress]]:
    """Return the orders that are wanted with where they stand, the newest first."""
    rows = session.execute(statement(session, wanted, window))
    return [(Order(*row[: len(ORDER)]), Progress(*row[len(ORDER) :])) for row in rows]


def statement(session: Session, wanted: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the orders that are wanted, the newest first.

    Their ids are read of one table, and only these are looked up. Were the tables joined before,
    a span of time would be read of both, and compared in pairs.
    """
    (id_,) = page(session, wanted, window).subquery("page").c
    found = select(*ORDER, *PROGRESS).join_from(id_.table, OrderRow, ORDERS.id == id_)
    return found.join(ProgressRow, STANDINGS.order_id == id_).order_by(id_.desc())


def page(session: Session, wanted: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the ids of a part of the orders that are wanted."""
    reach, source = wanted.reach, wanted.source
    found = select(source.id).where(source.tenant == reach.tenant, *conditions(wanted))
    if wanted.external_id is None:
        keys = [source.id]
        return page_within(session, reach, found, source.whose, keys, window, descending=True)
    these = found.where(within(reach, *source.whose))  # few orders ever have the same one
    return page_of(these, [source.id], window, descending=True)


def conditions(wanted: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each order."""
    source = wanted.source
    if wanted.party_id is not None:
        yield source.party_id == wanted.party_id
    if wanted.state is not None:
        yield STANDINGS.state == wanted.state
    if wanted.external_id is not None:
        yield source.id.in_(named(wanted.reach.tenant, wanted.external_id))
    if wanted.ordered_from is not None:
        yield source.id >= first_from(wanted.ordered_from)
    if wanted.ordered_until is not None:
        yield source.id <= last_until(wanted.ordered_until)


def named(tenant: str, external_id: str) -> Select[UUID]:
    """Return the select for the ids of orders that clients have given this externalId."""
    return select(SubmissionRow.order_id).where(
        SubmissionRow.tenant == tenant, SubmissionRow.external_id == external_id
    )
