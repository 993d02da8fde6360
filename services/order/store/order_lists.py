"""Lists of orders, each read from an index that is sorted as the list is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.progress import Progress
from services.order.domain.order import Order
from services.order.domain.order_id_time import highest_id_until, lowest_id_from
from services.order.tables import OrderRow, ProgressRow, SubmissionRow
from shared.access.access_rule import DataScope
from shared.access.grants import OwnerColumns, access_condition, select_accessible_page
from shared.contracts import OrderState
from shared.persistence.bulk import table_of
from shared.persistence.pagination import Window, select_page

ORDERS, PROGRESS = table_of(OrderRow).c, table_of(ProgressRow).c
ORDER_COLUMNS = [ORDERS[name] for name in Order.__dataclass_fields__]
PROGRESS_COLUMNS = [PROGRESS[name] for name in Progress.__dataclass_fields__]


class ListColumns(NamedTuple):
    """The columns of a table from which a list is read: the owner of each order, and its id."""

    tenant: Column[str]
    client: Column[str]
    party_id: Column[str]
    id: Column[UUID]

    @property
    def owner_columns(self) -> OwnerColumns:
        """The columns of the owner of an order."""
        return OwnerColumns(self.client, self.party_id)


BY_AGE = ListColumns(ORDERS.tenant, ORDERS.client, ORDERS.party_id, ORDERS.id)
BY_STATE = ListColumns(PROGRESS.tenant, PROGRESS.client, PROGRESS.party_id, PROGRESS.order_id)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """The filters of an order list; None does not filter."""

    data_scope: DataScope
    state: OrderState | None = None
    external_id: str | None = None
    party_id: str | None = None
    ordered_from: datetime | None = None
    ordered_until: datetime | None = None

    @property
    def list_columns(self) -> ListColumns:
        """The columns of the list: those of the progress for a state, else of the orders."""
        return BY_AGE if self.state is None else BY_STATE


def find(session: Session, filters: OrderFilter, window: Window) -> list[tuple[Order, Progress]]:
    """Return the orders that match the filters, with their progress, newest first."""
    rows = session.execute(list_statement(session, filters, window))
    return [
        (Order(*row[: len(ORDER_COLUMNS)]), Progress(*row[len(ORDER_COLUMNS) :])) for row in rows
    ]


def list_statement(session: Session, filters: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the orders that match the filters, newest first.

    It reads their ids from one table first, and joins the others by id. If the tables were joined
    first, a time range would be read from both and compared in pairs.
    """
    (id_,) = page_statement(session, filters, window).subquery("page").c
    found = select(*ORDER_COLUMNS, *PROGRESS_COLUMNS).join_from(
        id_.table, OrderRow, ORDERS.id == id_
    )
    return found.join(ProgressRow, PROGRESS.order_id == id_).order_by(id_.desc())


def page_statement(session: Session, filters: OrderFilter, window: Window) -> Select[Any]:
    """Return the select for the ids of one page of the orders that match the filters."""
    data_scope, list_columns = filters.data_scope, filters.list_columns
    found = select(list_columns.id).where(
        list_columns.tenant == data_scope.tenant, *conditions(filters)
    )
    if filters.external_id is None:
        keys = [list_columns.id]
        return select_accessible_page(
            session, data_scope, found, list_columns.owner_columns, keys, window, descending=True
        )
    # Few orders share an externalId, so the access condition needs no index.
    accessible = found.where(access_condition(data_scope, *list_columns.owner_columns))
    return select_page(accessible, [list_columns.id], window, descending=True)


def conditions(filters: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of the filters."""
    list_columns = filters.list_columns
    if filters.party_id is not None:
        yield list_columns.party_id == filters.party_id
    if filters.state is not None:
        yield PROGRESS.state == filters.state
    if filters.external_id is not None:
        yield list_columns.id.in_(
            select_ids_with_external_id(filters.data_scope.tenant, filters.external_id)
        )
    if filters.ordered_from is not None:
        yield list_columns.id >= lowest_id_from(filters.ordered_from)
    if filters.ordered_until is not None:
        yield list_columns.id <= highest_id_until(filters.ordered_until)


def select_ids_with_external_id(tenant: str, external_id: str) -> Select[UUID]:
    """Return the select for the ids of orders that clients have given this externalId."""
    return select(SubmissionRow.order_id).where(
        SubmissionRow.tenant == tenant, SubmissionRow.external_id == external_id
    )
