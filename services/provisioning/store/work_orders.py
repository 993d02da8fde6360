"""Work orders, from rows and to rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Column, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.provisioning.domain.work_order import OPEN, WorkOrder, WorkState
from services.provisioning.store.plans import PLANS
from services.provisioning.tables import AGE, TURN, WorkOrderRow
from shared.access.grants import Paged, Whose, covers, pages_within
from shared.access.rule import Crew, HiddenError, Reach
from shared.input.names import fold
from shared.messaging.unit_of_work import Work
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, by, merged, page_for_each, page_of, values_in
from shared.persistence.repository import Shelf
from shared.persistence.spelling import folded
from shared.persistence.statements import Prepared

WORK_ORDERS = Shelf(WorkOrderRow, WorkOrder)
TABLE = table_of(WorkOrderRow)
COLUMNS = [TABLE.c[field.name] for field in fields(WorkOrder)]
WHOSE = Whose(TABLE.c.client, TABLE.c.customer_id)
ALL = frozenset(WorkState)
NARROWED_BY = ("skill", "local_network", "order_id")
UNANSWERED = TABLE.c.answered_at.is_(None)
IDS = bindparam("ids", type_=ARRAY(TABLE.c.id.type))
ORDERS = Prepared(select(TABLE.c.order_id).where(TABLE.c.id == func.any(IDS)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which work orders are asked for; empty for any."""

    states: frozenset[WorkState] = ALL
    skill: str = ""
    district: str = ""
    """In any spelling."""

    local_network: str = ""
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Which work orders a caller may see."""

    reach: Reach
    crew: Crew | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether it takes in all of the tenant."""
        return self.crew.is_everywhere if self.crew else self.reach.is_whole


def preload(session: Session, ids: Sequence[UUID]) -> None:
    """Read work orders, and before them their plans: always in this order, as plans do."""
    PLANS.preload(session, ORDERS.column(session, {"ids": list(ids)}))
    WORK_ORDERS.preload(session, ids)


def lend(session: Session, sight: Sight, id_: UUID) -> WorkOrder:
    """Return one work order, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none of that id in sight.
    """
    return in_sight(session, sight, WORK_ORDERS.get(session, id_))


def look(session: Session, sight: Sight, id_: UUID) -> WorkOrder:
    """Return one work order, to show it.

    Raises:
        NotFoundError: if there is none of that id in sight.
    """
    return in_sight(session, sight, WORK_ORDERS.look(session, id_))


def keep(work: Work, before: WorkOrder | None, after: WorkOrder) -> None:
    """Write down a work order that is new, or has changed."""
    (WORK_ORDERS.put if before else WORK_ORDERS.add)(work.session, after)
    was = before.state if before else ""
    work.note("work-order", after.order_id, was, after.state, part=after.step)


def in_sight(session: Session, sight: Sight, work_order: WorkOrder) -> WorkOrder:
    """Return a work order if the caller may see it.

    Raises:
        NotFoundError: if not.
    """
    it = work_order
    is_seen = it.tenant == sight.reach.tenant
    if is_seen and sight.crew:
        is_seen = sight.crew.sees(it.local_network, it.district, it.accepted_by)
    elif is_seen:
        is_seen = covers(session, sight.reach, it.client, it.customer_id)
    if not is_seen:
        raise HiddenError(kind="work order", id_=it.id)
    return it


def find(session: Session, sight: Sight, wanted: Wanted, rows: Window) -> list[WorkOrder]:
    """Return work orders in sight: of open ones the most urgent first, else the latest."""
    how = Order.of(wanted)
    page = partial(page_of, keys=how.keys, window=rows.part, descending=how.is_descending)
    parts = [
        each
        for states in (wanted.states & OPEN, wanted.states - OPEN)
        if states
        for each in pages(session, sight, wanted, states, page)
    ]
    these = merged(parts, how.keys, rows, descending=how.is_descending)
    return [WorkOrder(*row) for row in session.execute(these)]


def pages(
    session: Session, sight: Sight, wanted: Wanted, states: frozenset[WorkState], page: Paged
) -> Iterator[Select[Any]]:
    """Yield pages that together begin with what is wanted: each along an index of its own.

    Args:
        session: tells what is shared with the caller.
        sight: which the caller may see.
        wanted: what is asked for.
        states: of those, either open ones or closed ones.
        page: makes a page of some rows.
    """
    found = among(select(*COLUMNS).where(TABLE.c.tenant == sight.reach.tenant), wanted)
    found = found.where(UNANSWERED if OPEN.issuperset(states) else ~UNANSWERED)
    for state in sorted(states):
        of_state = found.where(TABLE.c.state == state)
        if sight.is_whole:
            yield page(of_state)
        elif sight.crew:
            yield from pages_of_crew(sight.crew, of_state, page)
        else:
            yield from pages_within(session, sight.reach, of_state, WHOSE, page)


def pages_of_crew(crew: Crew, found: Select[Any], page: Paged) -> Iterator[Select[Any]]:
    """Yield pages of the work orders of a crew's areas, and of those that it has taken on."""
    taken = found.where(TABLE.c.accepted_by != "")
    for column, key, values, rows in (
        (TABLE.c.local_network, TABLE.c.local_network, crew.areas, found),
        (TABLE.c.district, folded(TABLE.c.district), crew.districts, found),
        (TABLE.c.accepted_by, TABLE.c.accepted_by, crew.names, taken),
    ):
        each = values_in(column, sorted(values))
        yield page_for_each(each, page(rows.where(key == each.c.value)))


class Order(NamedTuple):
    """By what work orders come in a list."""

    names: tuple[str, ...]
    is_descending: bool

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """Return by how urgent they are, of open ones not of one order; by their age, of others."""
        is_by_turn = wanted.order_id is None and set(wanted.states) <= OPEN
        return cls(TURN, is_descending=False) if is_by_turn else cls(AGE, is_descending=True)

    @property
    def keys(self) -> list[Column[Any]]:
        """The columns."""
        return [TABLE.c[name] for name in self.names]


def keys_of(wanted: Wanted) -> Callable[[WorkOrder], list[Any]]:
    """Return what returns the keys by which these are listed."""
    return by(*Order.of(wanted).names)


def among(found: Select[Any], wanted: Wanted) -> Select[Any]:
    """Leave only those that are asked for, whatever their state."""
    for name in NARROWED_BY:
        value = getattr(wanted, name)
        found = found.where(TABLE.c[name] == value) if value else found
    if wanted.district:
        found = found.where(folded(TABLE.c.district) == fold(wanted.district))
    return found


def of_order(session: Session, order_id: UUID) -> list[WorkOrder]:
    """Return all work orders of one order, to show them, oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.order_id == order_id)
    rows = session.execute(mine.order_by(TABLE.c.dispatched_at, TABLE.c.id))
    return [WorkOrder(*row) for row in rows]
