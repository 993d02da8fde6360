"""Work orders, from rows and to rows."""

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
from shared.access.access_rule import Crew, DataScope, NotVisibleError
from shared.access.grants import OwnerColumns, PageFunction, accessible_pages, is_accessible
from shared.input.equipment_names import fold_name
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import table_of
from shared.persistence.list_window import (
    Window,
    key_attributes,
    lateral_page,
    merge_pages,
    select_page,
    unnest_values,
)
from shared.persistence.name_folding import folded_name
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
    """Which work orders are asked for; empty for any."""

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
    crew: Crew | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether it takes in all of the tenant."""
        return self.crew.is_everywhere if self.crew else self.data_scope.is_tenant_wide


def preload(session: Session, ids: Sequence[UUID]) -> None:
    """Read work orders, and before them their plans: always in this order, as plans do."""
    PLANS.preload(session, ORDERS.column(session, {"ids": list(ids)}))
    WORK_ORDERS.preload(session, ids)


def get_visible_for_update(session: Session, visibility: Visibility, id_: UUID) -> WorkOrder:
    """Return one work order, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none of that id in sight.
    """
    return check_visible(session, visibility, WORK_ORDERS.get_for_update(session, id_))


def get_visible(session: Session, visibility: Visibility, id_: UUID) -> WorkOrder:
    """Return one work order, to show it.

    Raises:
        NotFoundError: if there is none of that id in sight.
    """
    return check_visible(session, visibility, WORK_ORDERS.get(session, id_))


def save(work: UnitOfWork, before: WorkOrder | None, after: WorkOrder) -> None:
    """Write down a work order that is new, or has changed."""
    (WORK_ORDERS.put if before else WORK_ORDERS.add)(work.session, after)
    was = before.state if before else ""
    work.record_change("work-order", after.order_id, was, after.state, part=after.step)


def check_visible(session: Session, visibility: Visibility, work_order: WorkOrder) -> WorkOrder:
    """Return a work order if the caller may see it.

    Raises:
        NotFoundError: if not.
    """
    it = work_order
    is_seen = it.tenant == visibility.data_scope.tenant
    if is_seen and visibility.crew:
        is_seen = visibility.crew.sees(it.local_network, it.district, it.accepted_by)
    elif is_seen:
        is_seen = is_accessible(session, visibility.data_scope, it.client, it.customer_id)
    if not is_seen:
        raise NotVisibleError(kind="work order", id_=it.id)
    return it


def find(
    session: Session, visibility: Visibility, wanted: WorkOrderFilter, rows: Window
) -> list[WorkOrder]:
    """Return work orders in sight: of open ones the most urgent first, else the latest."""
    how = SortOrder.of(wanted)
    page = partial(select_page, keys=how.keys, window=rows.from_start, descending=how.is_descending)
    parts = [
        each
        for states in (wanted.states & OPEN, wanted.states - OPEN)
        if states
        for each in candidate_pages(session, visibility, wanted, states, page)
    ]
    these = merge_pages(parts, how.keys, rows, descending=how.is_descending)
    return [WorkOrder(*row) for row in session.execute(these)]


def candidate_pages(
    session: Session,
    visibility: Visibility,
    wanted: WorkOrderFilter,
    states: frozenset[WorkOrderState],
    page: PageFunction,
) -> Iterator[Select[Any]]:
    """Yield pages that together begin with what is wanted: each along an index of its own.

    Args:
        session: tells what is shared with the caller.
        visibility: which the caller may see.
        wanted: what is asked for.
        states: of those, either open ones or closed ones.
        page: makes a page of some rows.
    """
    found = apply_filter(
        select(*COLUMNS).where(TABLE.c.tenant == visibility.data_scope.tenant), wanted
    )
    found = found.where(UNANSWERED if OPEN.issuperset(states) else ~UNANSWERED)
    for state in sorted(states):
        of_state = found.where(TABLE.c.state == state)
        if visibility.is_whole:
            yield page(of_state)
        elif visibility.crew:
            yield from pages_of_crew(visibility.crew, of_state, page)
        else:
            yield from accessible_pages(
                session, visibility.data_scope, of_state, OWNER_COLUMNS, page
            )


def pages_of_crew(crew: Crew, found: Select[Any], page: PageFunction) -> Iterator[Select[Any]]:
    """Yield pages of the work orders of a crew's areas, and of those that it has taken on."""
    taken = found.where(TABLE.c.accepted_by != "")
    for column, key, values, rows in (
        (TABLE.c.local_network, TABLE.c.local_network, crew.areas, found),
        (TABLE.c.district, folded_name(TABLE.c.district), crew.districts, found),
        (TABLE.c.accepted_by, TABLE.c.accepted_by, crew.names, taken),
    ):
        each = unnest_values(column, sorted(values))
        yield lateral_page(each, page(rows.where(key == each.c.value)))


class SortOrder(NamedTuple):
    """By what work orders come in a list."""

    names: tuple[str, ...]
    is_descending: bool

    @classmethod
    def of(cls, wanted: WorkOrderFilter) -> Self:
        """Return by how urgent they are, of open ones not of one order; by their age, of others."""
        is_by_turn = wanted.order_id is None and set(wanted.states) <= OPEN
        return (
            cls(URGENCY_COLUMNS, is_descending=False)
            if is_by_turn
            else cls(AGE_COLUMNS, is_descending=True)
        )

    @property
    def keys(self) -> list[Column[Any]]:
        """The columns."""
        return [TABLE.c[name] for name in self.names]


def sort_keys(wanted: WorkOrderFilter) -> Callable[[WorkOrder], list[Any]]:
    """Return what returns the keys by which these are listed."""
    return key_attributes(*SortOrder.of(wanted).names)


def apply_filter(found: Select[Any], wanted: WorkOrderFilter) -> Select[Any]:
    """Leave only those that are asked for, whatever their state."""
    for name in EQUALITY_FILTERS:
        value = getattr(wanted, name)
        found = found.where(TABLE.c[name] == value) if value else found
    if wanted.district:
        found = found.where(folded_name(TABLE.c.district) == fold_name(wanted.district))
    return found


def of_order(session: Session, order_id: UUID) -> list[WorkOrder]:
    """Return all work orders of one order, to show them, oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.order_id == order_id)
    rows = session.execute(mine.order_by(TABLE.c.dispatched_at, TABLE.c.id))
    return [WorkOrder(*row) for row in rows]
