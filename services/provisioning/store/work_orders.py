"""Work orders, from rows and to rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.provisioning.domain.work_order import OPEN, WorkOrder, WorkState
from services.provisioning.store.plans import PLANS
from services.provisioning.tables import WorkOrderRow
from shared.bulk import table_of
from shared.errors import NotFoundError
from shared.prepared import Prepared
from shared.shelf import Shelf
from shared.work import Work

WORK_ORDERS = Shelf(WorkOrderRow, WorkOrder)
TABLE = table_of(WorkOrderRow)
COLUMNS = [TABLE.c[field.name] for field in fields(WorkOrder)]
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


def preload(session: Session, ids: Sequence[UUID]) -> None:
    """Read work orders, and before them their plans: always in this order, as plans do."""
    PLANS.preload(session, ORDERS.column(session, {"ids": list(ids)}))
    WORK_ORDERS.preload(session, ids)


def lend(session: Session, tenant: str, id_: UUID) -> WorkOrder:
    """Return one work order of a tenant, locked until the transaction ends.

    Raises:
        NotFoundError: if the tenant has none of that id.
    """
    return of_tenant(WORK_ORDERS.get(session, id_), tenant)


def look(session: Session, tenant: str, id_: UUID) -> WorkOrder:
    """Return one work order of a tenant, to show it.

    Raises:
        NotFoundError: if the tenant has none of that id.
    """
    return of_tenant(WORK_ORDERS.look(session, id_), tenant)


def keep(work: Work, before: WorkOrder | None, after: WorkOrder) -> None:
    """Write down a work order that is new, or has changed."""
    (WORK_ORDERS.put if before else WORK_ORDERS.add)(work.session, after)
    was = before.state if before else ""
    work.note("work-order", after.order_id, was, after.state, part=after.step)


def of_tenant(work_order: WorkOrder, tenant: str) -> WorkOrder:
    """Return a work order if it is the tenant's.

    Raises:
        NotFoundError: if it is another's.
    """
    if work_order.tenant != tenant:
        message = f"there is no work order {work_order.id}"
        raise NotFoundError(message)
    return work_order


def find(session: Session, tenant: str, wanted: Wanted, rows: range) -> list[WorkOrder]:
    """Return a tenant's work orders: of open ones the most urgent first, else the latest."""
    found = among(select(*COLUMNS).where(TABLE.c.tenant == tenant), wanted)
    if wanted.order_id is None and set(wanted.states) <= OPEN:
        found = found.where(UNANSWERED)
        in_turn = found.order_by(TABLE.c.priority, TABLE.c.dispatched_at, TABLE.c.id)
    else:
        in_turn = found.order_by(TABLE.c.dispatched_at.desc(), TABLE.c.id)
    these = in_turn.offset(rows.start).limit(len(rows))
    return [WorkOrder(*row) for row in session.execute(these)]


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
