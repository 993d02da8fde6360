"""Fallout, from rows and to rows."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.fallout import Fallout, FalloutState, signed
from services.provisioning.tables import FalloutRow
from shared.input.names import fold
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, merged, page_of
from shared.persistence.repository import Shelf
from shared.persistence.spelling import folded

FALLOUT = Shelf(FalloutRow, Fallout)
TABLE = table_of(FalloutRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Fallout)]
KEYS = [TABLE.c.opened_at, TABLE.c.id]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fallout is asked for; empty for any."""

    states: Collection[FalloutState] = tuple(FalloutState)
    code: str = ""
    element: str = ""
    """In any spelling."""

    specification: str = ""


def sign(session: Session, id_: UUID, by: str, remark: str) -> Fallout:
    """Write down who decided about a step, and why."""
    after = signed(FALLOUT.get(session, id_), by, remark)
    FALLOUT.put(session, after)
    return after


def find(session: Session, tenant: str, wanted: Wanted, rows: Window) -> list[Fallout]:
    """Return a tenant's fallout, the longest waiting first."""
    found = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    for name in ("code", "specification"):
        if value := getattr(wanted, name):
            found = found.where(TABLE.c[name] == value)
    if wanted.element:
        found = found.where(folded(TABLE.c.element) == fold(wanted.element))
    of_state = (found.where(TABLE.c.state == each) for each in wanted.states)
    parts = [page_of(each, KEYS, rows.part) for each in of_state]
    return [Fallout(*row) for row in session.execute(merged(parts, KEYS, rows))]


def of_order(session: Session, tenant: str, order_id: UUID, rows: Window) -> list[Fallout]:
    """Return the fallout of one order of a tenant, oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.order_id == order_id, TABLE.c.tenant == tenant)
    return [Fallout(*row) for row in session.execute(page_of(mine, KEYS, rows))]
