"""Lists of orders, each by an index that holds them in the order shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.progress import Progress
from services.order.domain.fulfilment.states import OrderState
from services.order.domain.order import Order
from services.order.domain.order_ids import highest_id_until, lowest_id_from
from services.order.tables import OrderRow, ProgressRow, SubmissionRow
from shared.access.access_rule import DataScope
from shared.access.grants import OwnerColumns, access_condition, accessible_page
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, select_page

ORDERS, STANDINGS = table_of(OrderRow).c, table_of(ProgressRow).c
ORDER_COLUMNS = [ORDERS[name] for name in Order.__dataclass_fields__]
PROGRESS_COLUMNS = [STANDINGS[name] for name in Progress.__dataclass_fields__]


class Source(NamedTuple):
    """The columns of a table that a list is read along: whose each order is, and its id."""

    tenant: Column[str]
    client: Column[str]
    party_id: Column[str]
    id: Column[UUID]

    @property
    def whose(self) -> OwnerColumns:
        """The columns that say whose an order is."""
        return OwnerColumns(self.client, self.party_id)


BY_AGE = Source(ORDERS.tenant, ORDERS.client, ORDERS.party_id, ORDERS.id)
BY_STATE = Source(STANDINGS.tenant, STANDINGS.client, STANDINGS.party_id, STANDINGS.order_id)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None does not ask."""

    data_scope: DataScope
    state: OrderState | None = None
    external_id: str | None = None
    party_id: str | None = None
    ordered_from: datetime | None = None
    ordered_until: datetime | None = None

    @property
    def source(self) -> Source:
        """The table that has all that is asked of an order."""
        return BY_AGE if self.state is None else BY_STATE


def find(session: Session, filters: OrderFilter, window: Window) -> list[tuple[Order, Progress]]:
    """Return the orders that are wanted with where they stand, the newest first."""
    rows = session.execute(list_statement(session, filters, window))
    return [
        (Order(*row[: len(ORDER_COLUMNS)]), Progress(*row[len(ORDER_COLUMNS) :])) for row in rows
    ]


def list_statement(session: Session, filters: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the orders that are wanted, the newest first.

    Their ids are read of one table, and only these are looked up. Were the tables joined before,
    a span of time would be read of both, and compared in pairs.
    """
    (id_,) = page_statement(session, filters, window).subquery("page").c
    found = select(*ORDER_COLUMNS, *PROGRESS_COLUMNS).join_from(
        id_.table, OrderRow, ORDERS.id == id_
    )
    return found.join(ProgressRow, STANDINGS.order_id == id_).order_by(id_.desc())


def page_statement(session: Session, filters: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the ids of a part of the orders that are wanted."""
    data_scope, source = filters.data_scope, filters.source
    found = select(source.id).where(source.tenant == data_scope.tenant, *conditions(filters))
    if filters.external_id is None:
        keys = [source.id]
        return accessible_page(
            session, data_scope, found, source.whose, keys, window, descending=True
        )
    these = found.where(
        access_condition(data_scope, *source.whose)
    )  # few orders ever have the same one
    return select_page(these, [source.id], window, descending=True)


def conditions(filters: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each order."""
    source = filters.source
    if filters.party_id is not None:
        yield source.party_id == filters.party_id
    if filters.state is not None:
        yield STANDINGS.state == filters.state
    if filters.external_id is not None:
        yield source.id.in_(ids_with_external_id(filters.data_scope.tenant, filters.external_id))
    if filters.ordered_from is not None:
        yield source.id >= lowest_id_from(filters.ordered_from)
    if filters.ordered_until is not None:
        yield source.id <= highest_id_until(filters.ordered_until)


def ids_with_external_id(tenant: str, external_id: str) -> Select[UUID]:
    """Return the select for the ids of orders that clients have given this externalId."""
    return select(SubmissionRow.order_id).where(
        SubmissionRow.tenant == tenant, SubmissionRow.external_id == external_id
    )
