"""The store of single pool items."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.pool.kinds import PoolKind, ResourceTable
from services.resources.domain.pool.pool_item import PoolItem
from services.resources.domain.pool.resource import Pool, Resource, ResourceName
from services.resources.domain.pool.states import PoolItemState, ResourceState
from services.resources.store.resource_tables import (
    IS_REQUESTED_ITEM,
    ITEM_KEY,
    ITEMS,
    NUMBERS,
    REQUESTED_NAMES,
    name_arrays,
)
from services.resources.store.stock import take_assignment_lock
from services.resources.tables import NumberRow, PoolItemRow
from shared.input.equipment_names import fold_name
from shared.persistence.bulk import update_rows
from shared.persistence.folded_name import folded_name
from shared.persistence.pagination import Window, select_page

REQUESTED_VALUES = bindparam("values", type_=ARRAY(ITEMS.c.value.type))
STATES_OF_NUMBERS = (
    select(NUMBERS.c.e164, NUMBERS.c.state)
    .where(NUMBERS.c.e164 == func.any(REQUESTED_VALUES))
    .order_by(NUMBERS.c.e164)
    .with_for_update()
)
STATES_OF_ITEMS = (
    select(ITEMS.c.value, ITEMS.c.state)
    .where(ITEMS.c.value == func.any(REQUESTED_VALUES))
    .order_by(ITEMS.c.value)
    .with_for_update()
)
VALUES = select(ITEMS.c.value).order_by(ITEMS.c.value.desc())
SELECT_ITEMS = select(
    *(ITEMS.c.tenant, ITEMS.c.kind, ITEMS.c.pool, ITEMS.c.value, ITEMS.c.element),
    *(ITEMS.c.attributes, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id, ITEMS.c.until),
)
SKIPPING_LOCKED = (
    SELECT_ITEMS.join(REQUESTED_NAMES, IS_REQUESTED_ITEM)
    .order_by(*ITEM_KEY)
    .with_for_update(of=ITEMS, skip_locked=True)
)


def restrict_to_pool(statement: Select[Any], pool: Pool) -> Select[Any]:
    """Return the statement restricted to one pool."""
    if pool.table is ResourceTable.NUMBERS:
        return statement.where(NUMBERS.c.tenant == pool.tenant, NUMBERS.c.exchange_id == pool.name)
    return statement.where(
        ITEMS.c.tenant == pool.tenant, ITEMS.c.kind == pool.kind, ITEMS.c.pool == pool.name
    )


def get_states_for_update(
    session: Session, pool: Pool, values: Collection[str]
) -> dict[str, ResourceState]:
    """Return the states of those of these resources that exist, locked."""
    take_assignment_lock(session)
    statement = STATES_OF_NUMBERS if pool.table is ResourceTable.NUMBERS else STATES_OF_ITEMS
    found = session.execute(restrict_to_pool(statement, pool), {"values": list(values)})
    return {value: state for value, state in found}  # noqa: C416  rows, not pairs


def canonical_values(session: Session, pool: Pool, requested: Collection[str]) -> dict[str, str]:
    """Return the stored spelling of each value of a small pool; the value itself without one."""
    known = list(session.scalars(restrict_to_pool(VALUES, pool)))
    canonical = {fold_name(each): each for each in known}
    return {
        each: each if each in known else canonical.get(fold_name(each), each) for each in requested
    }


def put_states(session: Session, pool: Pool, states: Mapping[str, ResourceState]) -> None:
    """Store changed states."""
    if pool.table is ResourceTable.NUMBERS:
        rows: list[tuple[Any, ...]] = [(pool.tenant, *each) for each in states.items()]
        update_rows(session, NumberRow, ("tenant", "e164", "state"), rows, key_length=2)
    else:
        rows = [(*pool[:3], *each) for each in states.items()]
        update_rows(
            session, PoolItemRow, ("tenant", "kind", "pool", "value", "state"), rows, key_length=4
        )


def find_pool_items(
    session: Session, pool: Pool, state: PoolItemState | None, window: Window
) -> list[PoolItem]:
    """Return a pool's items, by value."""
    query = restrict_to_pool(SELECT_ITEMS, pool)
    query = query.where(ITEMS.c.state == state) if state else query
    return [pool_item(row) for row in session.execute(select_page(query, [ITEMS.c.value], window))]


def find_pool_item(session: Session, pool: Pool, kind: PoolKind, value: str) -> PoolItem | None:
    """Return one item of a pool, without a lock; None if there is none."""
    query = restrict_to_pool(SELECT_ITEMS, pool)
    row = session.execute(query.where(ITEMS.c.value == value)).one_or_none()
    if row is None and kind.has_small_pools:
        row = session.execute(query.where(folded_name(ITEMS.c.value) == fold_name(value))).first()
    return None if row is None else pool_item(row)


def pool_item(row: Any) -> PoolItem:  # noqa: ANN401  the type of a row names its columns
    """Return the pool item of a row."""
    resource = Resource(
        Pool(row.tenant, row.kind, row.pool), row.value, row.element, row.attributes
    )
    return PoolItem(resource, row.state, row.order_id, row.service_id, row.until)


def get_items_skip_locked(
    session: Session, names: Collection[ResourceName]
) -> dict[ResourceName, PoolItem]:
    """Return those of these pool items that no other transaction has locked, locked."""
    rows: Iterable[Any] = session.execute(SKIPPING_LOCKED, name_arrays(names))
    found = [pool_item(row) for row in rows]
    return {each.resource.name: each for each in found}


def update_item_states(session: Session, items: Iterable[PoolItem]) -> None:
    """Store the changed states of pool items."""
    rows = [(*each.resource.name, each.state, each.until) for each in items]
    names = ("tenant", "kind", "pool", "value", "state", "until")
    update_rows(session, PoolItemRow, names, rows, key_length=4)
