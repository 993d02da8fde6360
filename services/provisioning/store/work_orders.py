"""The store of work orders."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Column, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.provisioning.domain.work_order import OPEN, WorkOrder, WorkOrderState
from services.provisioning.store.plans import PLANS
from services.provisioning.tables import AGE_COLUMNS, URGENCY_COLUMNS, WorkOrderRow
from shared.access.access_rule import CrewScope, DataScope
from shared.access.grants import OwnerColumns, PageFunction, is_accessible, select_accessible_pages
from shared.input.equipment_names import fold_name
from shared.persistence.bulk import table_of
from shared.persistence.folded_name import folded_name
from shared.persistence.pagination import (
    Window,
    attributes_getter,
    select_lateral_page,
    select_merged_page,
    select_page,
    unnest_values,
)
from shared.persistence.repository import Repository
from shared.persistence.statements import CompiledStatement

WORK_ORDERS = Repository(WorkOrderRow, WorkOrder)
TABLE = table_of(WorkOrderRow)
COLUMNS = [TABLE.c[field.name] for field in fields(WorkOrder)]
OWNER_COLUMNS = OwnerColumns(TABLE.c.client, TABLE.c.customer_id)
ALL_STATES = frozenset(WorkOrderState)
EQUALITY_FILTERS = ("skill", "local_network", "order_id")
UNANSWERED = TABLE.c.answered_at.is_(None)
IDS = bindparam("ids", type_=ARRAY(TABLE.c.id.type))
ORDERS = CompiledStatement(select(TABLE.c.order_id).where(TABLE.c.id == func.any(IDS)))


@dataclass(frozen=True, slots=True)
class WorkOrderFilter:
    """Filters of a list of work orders; empty for any."""

    states: frozenset[WorkOrderState] = ALL_STATES
    skill: str = ""
    district: str = ""
    """In any spelling."""

    local_network: str = ""
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which work orders a caller may see."""

    data_scope: DataScope
    crew: CrewScope | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether it covers the whole tenant."""
        return self.crew.is_everywhere if self.crew else self.data_scope.is_tenant_wide


def preload(session: Session, ids: Sequence[UUID]) -> None:
    """Read work orders, after their plans: locks are always taken in this order."""
    PLANS.preload(session, ORDERS.column(session, {"ids": list(ids)}))
    WORK_ORDERS.preload(session, ids)


def find_visible_for_update(
    session: Session, visibility: Visibility, id_: UUID
) -> WorkOrder | None:
    """Return one work order, locked until the transaction ends; None if the caller sees none."""
    found = WORK_ORDERS.find_for_update(session, id_)
    return found if found and is_visible(session, visibility, found) else None


def find_visible(session: Session, visibility: Visibility, id_: UUID) -> WorkOrder | None:
    """Return one work order, without a lock; None if the caller sees none."""
    found = WORK_ORDERS.find(session, id_)
    return found if found and is_visible(session, visibility, found) else None


def is_visible(session: Session, visibility: Visibility, work_order: WorkOrder) -> bool:
    """Tell whether the caller may see a work order."""
    if work_order.tenant != visibility.data_scope.tenant:
        return False
    if visibility.crew:
        return visibility.crew.may_see(
            work_order.local_network, work_order.district, work_order.accepted_by
        )
    return is_accessible(session, visibility.data_scope, work_order.client, work_order.customer_id)


def find(
    session: Session, visibility: Visibility, wanted: WorkOrderFilter, window: Window
) -> list[WorkOrder]:
    """Return visible work orders: open ones by urgency, otherwise the latest first."""
    order = SortOrder.of(wanted)
    page = partial(
        select_page,
        keys=order.keys,
        window=window.extended_to_start,
        descending=order.is_descending,
    )
    parts = [
        each
        for states in (wanted.states & OPEN, wanted.states - OPEN)
        if states
        for each in select_candidate_pages(session, visibility, wanted, states, page)
    ]
    query = select_merged_page(parts, order.keys, window, descending=order.is_descending)
    return [WorkOrder(*row) for row in session.execute(query)]


def select_candidate_pages(
    session: Session,
    visibility: Visibility,
    wanted: WorkOrderFilter,
    states: frozenset[WorkOrderState],
    page: PageFunction,
) -> Iterator[Select[Any]]:
    """Yield pages that together start with the filtered work orders, each along its own index.

    Args:
        session: reads the grants of the caller.
        visibility: which work orders the caller may see.
        wanted: the filter.
        states: of the filter, either open ones or closed ones.
        page: makes a page of a query.
    """
    query = apply_filter(
        select(*COLUMNS).where(TABLE.c.tenant == visibility.data_scope.tenant), wanted
    )
    query = query.where(UNANSWERED if OPEN.issuperset(states) else ~UNANSWERED)
    for state in sorted(states):
        of_state = query.where(TABLE.c.state == state)
        if visibility.is_whole:
            yield page(of_state)
        elif visibility.crew:
            yield from select_pages_of_crew(visibility.crew, of_state, page)
        else:
            yield from select_accessible_pages(
                session, visibility.data_scope, of_state, OWNER_COLUMNS, page
            )


def select_pages_of_crew(
    crew: CrewScope, query: Select[Any], page: PageFunction
) -> Iterator[Select[Any]]:
    """Yield pages of the work orders in a crew's areas, and of those that it has accepted."""
    accepted = query.where(TABLE.c.accepted_by != "")
    for column, key, values, rows in (
        (TABLE.c.local_network, TABLE.c.local_network, crew.areas, query),
        (TABLE.c.district, folded_name(TABLE.c.district), crew.districts, query),
        (TABLE.c.accepted_by, TABLE.c.accepted_by, crew.names, accepted),
    ):
        each = unnest_values(column, sorted(values))
        yield select_lateral_page(each, page(rows.where(key == each.c.value)))


class SortOrder(NamedTuple):
    """The sort order of a list of work orders."""

    names: tuple[str, ...]
    is_descending: bool

    @classmethod
    def of(cls, wanted: WorkOrderFilter) -> Self:
        """Return the order by urgency for open work orders of several orders, else by age."""
        is_by_urgency = wanted.order_id is None and set(wanted.states) <= OPEN
        return (
            cls(URGENCY_COLUMNS, is_descending=False)
            if is_by_urgency
            else cls(AGE_COLUMNS, is_descending=True)
        )

    @property
    def keys(self) -> list[Column[Any]]:
        """The sort columns."""
        return [TABLE.c[name] for name in self.names]


def sort_key_function(wanted: WorkOrderFilter) -> Callable[[WorkOrder], list[Any]]:
    """Return the function that returns a work order's sort key in this list."""
    return attributes_getter(*SortOrder.of(wanted).names)


def apply_filter(query: Select[Any], wanted: WorkOrderFilter) -> Select[Any]:
    """Return the query with the filter applied, except for the states."""
    for name in EQUALITY_FILTERS:
        value = getattr(wanted, name)
        query = query.where(TABLE.c[name] == value) if value else query
    if wanted.district:
        query = query.where(folded_name(TABLE.c.district) == fold_name(wanted.district))
    return query


def of_order(session: Session, order_id: UUID) -> list[WorkOrder]:
    """Return all work orders of one order, without locks, oldest first."""
    query = select(*COLUMNS).where(TABLE.c.order_id == order_id)
    rows = session.execute(query.order_by(TABLE.c.dispatched_at, TABLE.c.id))
    return [WorkOrder(*row) for row in rows]
