"""Work orders, from rows and to rows."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.provisioning.domain.work_order import OPEN, WorkOrder, WorkState
from services.provisioning.store.plans import PLANS
from services.provisioning.tables import PlanRow, WorkOrderRow
from shared.access import Crew, HiddenError, Reach
from shared.bulk import table_of
from shared.grants import covers, looked_up, within
from shared.prepared import Prepared
from shared.shelf import Shelf
from shared.window import Window, by, page_of
from shared.work import Work

WORK_ORDERS = Shelf(WorkOrderRow, WorkOrder)
TABLE = table_of(WorkOrderRow)
COLUMNS = [TABLE.c[field.name] for field in fields(WorkOrder)]
TURN = ("priority", "dispatched_at", "id")
AGE = ("dispatched_at", "id")
UNANSWERED = TABLE.c.answered_at.is_(None)
IDS = bindparam("ids", type_=ARRAY(TABLE.c.id.type))
ORDERS = Prepared(select(TABLE.c.order_id).where(TABLE.c.id == func.any(IDS)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which work orders are asked for; empty for any."""

    states: Collection[WorkState] = ()
    skill: str = ""
    district: str = ""
    local_network: str = ""
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Which work orders a caller may see."""

    reach: Reach
    crew: Crew | None = None


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
    elif is_seen and not sight.reach.is_whole:
        plan = PLANS.look(session, it.order_id)
        is_seen = covers(session, sight.reach, plan.client, plan.customer_id)
    if not is_seen:
        raise HiddenError(kind="work order", id_=it.id)
    return it


def seen_by(session: Session, sight: Sight) -> ColumnElement[bool]:
    """Return the condition that a work order of the tenant is in sight."""
    crew, plan = sight.crew, table_of(PlanRow)
    if crew and not crew.is_everywhere:
        is_there = or_(TABLE.c.local_network.in_(crew.areas), TABLE.c.district.in_(crew.areas))
        return or_(is_there, TABLE.c.accepted_by.in_(crew.names))
    if crew or sight.reach.is_whole:
        return true()
    owned = within(looked_up(session, sight.reach), plan.c.client, plan.c.customer_id)
    mine = select(plan.c.order_id).where(plan.c.order_id == TABLE.c.order_id, owned)
    return mine.correlate(TABLE).exists()


def find(session: Session, sight: Sight, wanted: Wanted, rows: Window) -> list[WorkOrder]:
    """Return work orders in sight: of open ones the most urgent first, else the latest."""
    visible = TABLE.c.tenant == sight.reach.tenant, seen_by(session, sight)
    found = among(select(*COLUMNS).where(*visible), wanted)
    if is_by_turn(wanted):
        these = page_of(found.where(UNANSWERED), [TABLE.c[name] for name in TURN], rows)
    else:
        these = page_of(found, [TABLE.c[name] for name in AGE], rows, descending=True)
    return [WorkOrder(*row) for row in session.execute(these)]


def is_by_turn(wanted: Wanted) -> bool:
    """Tell whether these are listed by how urgent they are: open ones, not of one order."""
    return wanted.order_id is None and set(wanted.states) <= OPEN


def keys_of(wanted: Wanted) -> Callable[[WorkOrder], list[Any]]:
    """Return what returns the keys by which these are listed."""
    return by(*(TURN if is_by_turn(wanted) else AGE))


def among(found: Select[Any], wanted: Wanted) -> Select[Any]:
    """Leave only those that are asked for."""
    equal = {
        "skill": wanted.skill,
        "district": wanted.district,
        "local_network": wanted.local_network,
        "order_id": wanted.order_id,
    }
    for name, value in equal.items():
        found = found.where(TABLE.c[name] == value) if value else found
    return found.where(TABLE.c.state.in_(wanted.states)) if wanted.states else found


def of_order(session: Session, order_id: UUID) -> list[WorkOrder]:
    """Return all work orders of one order, to show them, oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.order_id == order_id)
    rows = session.execute(mine.order_by(TABLE.c.dispatched_at, TABLE.c.id))
    return [WorkOrder(*row) for row in rows]
