"""Single things of one pool: lent to be taken out or put back, and shown."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.pool.resource import Pool, Resource, ResourceKind
from services.resources.domain.pool.states import PoolItemState, ResourceState
from services.resources.store.array_parameters import ITEMS, NUMBERS
from services.resources.store.assignment import take_assignment_lock
from services.resources.tables import NumberRow, PoolItemRow
from shared.errors import NotFoundError
from shared.input.equipment_names import fold_name
from shared.persistence.bulk import update_rows
from shared.persistence.list_window import Window, select_page
from shared.persistence.name_folding import folded_name

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
    *(ITEMS.c.attributes, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id),
)


SPLITTER_KINDS = frozenset({ResourceKind.LEG, ResourceKind.VLAN, ResourceKind.LOID})
"""Kinds whose pools are small, and whose things are found in any spelling."""


def of_pool(statement: Select[Any], pool: Pool) -> Select[Any]:
    """Return a statement on one pool's things alone."""
    if pool.kind is ResourceKind.NUMBER:
        return statement.where(NUMBERS.c.tenant == pool.tenant, NUMBERS.c.exchange_id == pool.name)
    return statement.where(
        ITEMS.c.tenant == pool.tenant, ITEMS.c.kind == pool.kind, ITEMS.c.pool == pool.name
    )


def get_states_for_update(
    session: Session, pool: Pool, values: Collection[str]
) -> dict[str, ResourceState]:
    """Return the states of those of these things that there are, locked."""
    take_assignment_lock(session)
    statement = STATES_OF_NUMBERS if pool.kind is ResourceKind.NUMBER else STATES_OF_ITEMS
    found = session.execute(of_pool(statement, pool), {"values": list(values)})
    return {value: state for value, state in found}  # noqa: C416  rows, not pairs


def canonical_values(session: Session, pool: Pool, asked: Collection[str]) -> dict[str, str]:
    """Return what the things are called that are asked for in any spelling; others as asked."""
    if pool.kind not in SPLITTER_KINDS:
        return {each: each for each in asked}
    known = list(session.scalars(of_pool(VALUES, pool)))
    called = {fold_name(each): each for each in known}
    return {each: each if each in known else called.get(fold_name(each), each) for each in asked}


def put_states(session: Session, pool: Pool, states: Mapping[str, ResourceState]) -> None:
    """Write the states of things that were lent."""
    if pool.kind is ResourceKind.NUMBER:
        rows: list[tuple[Any, ...]] = [(pool.tenant, *each) for each in states.items()]
        update_rows(session, NumberRow, ("tenant", "e164", "state"), rows, keys=2)
    else:
        rows = [(*pool[:3], *each) for each in states.items()]
        update_rows(
            session, PoolItemRow, ("tenant", "kind", "pool", "value", "state"), rows, keys=4
        )


PoolItemStatus = tuple[Resource, PoolItemState, UUID | None, UUID | None]
"""A thing, its state, the order that touched it last and the service that has it, if any."""


def find_pool_items(
    session: Session, pool: Pool, state: PoolItemState | None, rows: Window
) -> list[PoolItemStatus]:
    """Return a pool's items, by value."""
    wanted = of_pool(SELECT_ITEMS, pool)
    wanted = wanted.where(ITEMS.c.state == state) if state else wanted
    return [
        pool_item_status(row) for row in session.execute(select_page(wanted, [ITEMS.c.value], rows))
    ]


def get_pool_item(session: Session, pool: Pool, value: str) -> PoolItemStatus:
    """Return one item of a pool, to show it.

    Raises:
        NotFoundError: if there is none.
    """
    mine = of_pool(SELECT_ITEMS, pool)
    row = session.execute(mine.where(ITEMS.c.value == value)).one_or_none()
    if row is None and pool.kind in SPLITTER_KINDS:
        row = session.execute(mine.where(folded_name(ITEMS.c.value) == fold_name(value))).first()
    if row is None:
        msg = f"the pool has no such {pool.kind}"
        raise NotFoundError(msg, remedy=f"list them: /ops/v1/pools/{pool.kind}/{pool.name}/things")
    return pool_item_status(row)


def pool_item_status(row: Row[Any]) -> PoolItemStatus:
    """Return a row as what was found."""
    thing = Resource(Pool(row.tenant, row.kind, row.pool), row.value, row.element, row.attributes)
    return thing, row.state, row.order_id, row.service_id
