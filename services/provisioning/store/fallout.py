"""Fallout, from rows and to rows."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.fallout.fallout import Fallout, FalloutState, sign_fallout
from services.provisioning.tables import FalloutRow
from shared.input.equipment_names import fold_name
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window, merge_pages, select_page
from shared.persistence.name_folding import folded_name
from shared.persistence.repository import Repository

FALLOUT = Repository(FalloutRow, Fallout)
TABLE = table_of(FalloutRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Fallout)]
SORT_COLUMNS = [TABLE.c.opened_at, TABLE.c.id]


@dataclass(frozen=True, slots=True)
class FalloutFilter:
    """Which fallout is asked for; empty for any."""

    states: Collection[FalloutState] = tuple(FalloutState)
    code: str = ""
    element: str = ""
    """In any spelling."""

    specification: str = ""


def sign(session: Session, id_: UUID, by: str, remark: str) -> Fallout:
    """Write down who decided about a step, and why."""
    after = sign_fallout(FALLOUT.get_for_update(session, id_), by, remark)
    FALLOUT.put(session, after)
    return after


def find(session: Session, tenant: str, wanted: FalloutFilter, rows: Window) -> list[Fallout]:
    """Return a tenant's fallout, the longest waiting first."""
    found = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    for name in ("code", "specification"):
        if value := getattr(wanted, name):
            found = found.where(TABLE.c[name] == value)
    if wanted.element:
        found = found.where(folded_name(TABLE.c.element) == fold_name(wanted.element))
    of_state = (found.where(TABLE.c.state == each) for each in wanted.states)
    parts = [select_page(each, SORT_COLUMNS, rows.from_start) for each in of_state]
    return [Fallout(*row) for row in session.execute(merge_pages(parts, SORT_COLUMNS, rows))]


def of_order(session: Session, tenant: str, order_id: UUID, rows: Window) -> list[Fallout]:
    """Return the fallout of one order of a tenant, oldest first."""
    mine = select(*COLUMNS).where(TABLE.c.order_id == order_id, TABLE.c.tenant == tenant)
    return [Fallout(*row) for row in session.execute(select_page(mine, SORT_COLUMNS, rows))]
