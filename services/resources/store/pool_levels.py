"""The levels of pools, counted along the indexes of free resources, a page at a time."""

from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from services.resources.domain.pool.kinds import NUMBER, ResourceTable, table_of_kind
from services.resources.domain.pool.level import PoolBreakdown, PoolLevel
from services.resources.store.resource_tables import ITEMS, NUMBERS
from services.resources.tables import PoolRow, SegmentRow
from shared.persistence.bulk import table_of
from shared.persistence.pagination import Window, select_page

POOLS = table_of(PoolRow)
IDLE = (
    select(func.count())
    .where(NUMBERS.c.tenant == POOLS.c.tenant, NUMBERS.c.exchange_id == POOLS.c.name)
    .where(NUMBERS.c.idle)
    .scalar_subquery()
)
FREE = (
    select(func.count())
    .where(ITEMS.c.tenant == POOLS.c.tenant, ITEMS.c.kind == POOLS.c.kind)
    .where(ITEMS.c.pool == POOLS.c.name, ITEMS.c.free)
    .scalar_subquery()
)
LEVELS = select(
    *(POOLS.c.kind, POOLS.c.name, POOLS.c.exchange_id, POOLS.c.capacity),
    case({NUMBER.name: IDLE}, value=POOLS.c.kind, else_=FREE),
)


def find_pool_levels(
    session: Session, tenant: str, kind: str | None, exchange_id: str, window: Window
) -> list[PoolLevel]:
    """Return pools in the order of exchange, kind and name, each with its free capacity."""
    query = LEVELS.where(POOLS.c.tenant == tenant)
    query = query.where(POOLS.c.kind == kind) if kind else query
    query = query.where(POOLS.c.exchange_id == exchange_id) if exchange_id else query
    order = (POOLS.c.exchange_id, POOLS.c.kind, POOLS.c.name)
    return [PoolLevel(*row) for row in session.execute(select_page(query, order, window))]


def find_pool_breakdown(
    session: Session, tenant: str, kind: str, name: str
) -> PoolBreakdown | None:
    """Return one pool with the number of its resources in each state; None if there is none."""
    conditions = (POOLS.c.tenant == tenant, POOLS.c.kind == kind, POOLS.c.name == name)
    row = session.execute(LEVELS.where(*conditions)).one_or_none()
    if row is None:
        return None
    counts = (
        select_number_counts(tenant, name)
        if table_of_kind(kind) is ResourceTable.NUMBERS
        else select_item_counts(tenant, kind, name)
    )
    return PoolBreakdown(PoolLevel(*row), dict(session.execute(counts).all()))


def select_number_counts(tenant: str, exchange_id: str) -> Select[Any]:
    """Return the statement that counts an exchange's numbers by state, along the key."""
    inside = and_(
        NUMBERS.c.tenant == SegmentRow.tenant,
        NUMBERS.c.e164.between(SegmentRow.first, SegmentRow.last),
        NUMBERS.c.exchange_id == SegmentRow.exchange_id,
    )
    return (
        select(NUMBERS.c.state, func.count())
        .select_from(SegmentRow)
        .join(NUMBERS, inside)
        .where(SegmentRow.tenant == tenant, SegmentRow.exchange_id == exchange_id)
        .group_by(NUMBERS.c.state)
        .order_by(NUMBERS.c.state)
    )


def select_item_counts(tenant: str, kind: str, name: str) -> Select[Any]:
    """Return the statement that counts a pool's items by state, along the key."""
    return (
        select(ITEMS.c.state, func.count())
        .where(ITEMS.c.tenant == tenant, ITEMS.c.kind == kind, ITEMS.c.pool == name)
        .group_by(ITEMS.c.state)
        .order_by(ITEMS.c.state)
    )
