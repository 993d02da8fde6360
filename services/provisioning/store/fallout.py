"""The store of fallout records."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.fallout.fallout import Fallout, FalloutState
from services.provisioning.tables import FalloutRow
from shared.input.equipment_names import fold_name
from shared.persistence.bulk import table_of
from shared.persistence.folded_name import folded_name
from shared.persistence.pagination import Window, select_merged_page, select_page
from shared.persistence.repository import Repository

FALLOUT = Repository(FalloutRow, Fallout)
TABLE = table_of(FalloutRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Fallout)]
SORT_COLUMNS = [TABLE.c.opened_at, TABLE.c.id]


@dataclass(frozen=True, slots=True)
class FalloutFilter:
    """Filters of a fallout list; empty for any."""

    states: Collection[FalloutState] = tuple(FalloutState)
    code: str = ""
    element: str = ""
    """In any spelling."""

    specification: str = ""


def find(session: Session, tenant: str, wanted: FalloutFilter, window: Window) -> list[Fallout]:
    """Return a tenant's fallout, the longest waiting first."""
    query = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    for name in ("code", "specification"):
        if value := getattr(wanted, name):
            query = query.where(TABLE.c[name] == value)
    if wanted.element:
        query = query.where(folded_name(TABLE.c.element) == fold_name(wanted.element))
    by_state = (query.where(TABLE.c.state == each) for each in wanted.states)
    parts = [select_page(each, SORT_COLUMNS, window.extended_to_start) for each in by_state]
    return [
        Fallout(*row) for row in session.execute(select_merged_page(parts, SORT_COLUMNS, window))
    ]


def of_order(session: Session, tenant: str, order_id: UUID, window: Window) -> list[Fallout]:
    """Return the fallout of one order of a tenant, oldest first."""
    query = select(*COLUMNS).where(TABLE.c.order_id == order_id, TABLE.c.tenant == tenant)
    return [Fallout(*row) for row in session.execute(select_page(query, SORT_COLUMNS, window))]
