"""Single things of one pool: lent to be taken out or put back, and shown."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.states import ItemState, State
from services.resources.domain.things import Kind, Pool, Thing
from services.resources.store.assignment import take_seat
from services.resources.store.rows import ITEMS, NUMBERS
from services.resources.tables import ItemRow, NumberRow
from shared.errors import NotFoundError
from shared.input.names import fold
from shared.persistence.bulk import update_rows
from shared.persistence.list_window import Window, page_of
from shared.persistence.spelling import folded

THESE = bindparam("values", type_=ARRAY(ITEMS.c.value.type))
STATES_OF_NUMBERS = (
    select(NUMBERS.c.e164, NUMBERS.c.state)
    .where(NUMBERS.c.e164 == func.any(THESE))
    .order_by(NUMBERS.c.e164)
    .with_for_update()
)
STATES_OF_ITEMS = (
    select(ITEMS.c.value, ITEMS.c.state)
    .where(ITEMS.c.value == func.any(THESE))
    .order_by(ITEMS.c.value)
    .with_for_update()
)
VALUES = select(ITEMS.c.value).order_by(ITEMS.c.value.desc())
SHOWN = select(
    *(ITEMS.c.tenant, ITEMS.c.kind, ITEMS.c.pool, ITEMS.c.value, ITEMS.c.element),
    *(ITEMS.c.attributes, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id),
)


OF_SPLITTER = frozenset({Kind.LEG, Kind.VLAN, Kind.LOID})
"""Kinds whose pools are small, and whose things are found in any spelling."""


def of_pool(statement: Select[Any], pool: Pool) -> Select[Any]:
    """Return a statement on one pool's things alone."""
    if pool.kind is Kind.NUMBER:
        return statement.where(NUMBERS.c.tenant == pool.tenant, NUMBERS.c.exchange_id == pool.name)
    return statement.where(
        ITEMS.c.tenant == pool.tenant, ITEMS.c.kind == pool.kind, ITEMS.c.pool == pool.name
    )


def lend_states(session: Session, pool: Pool, values: Collection[str]) -> dict[str, State]:
    """Return the states of those of these things that there are, locked."""
    take_seat(session)
    statement = STATES_OF_NUMBERS if pool.kind is Kind.NUMBER else STATES_OF_ITEMS
    found = session.execute(of_pool(statement, pool), {"values": list(values)})
    return {value: state for value, state in found}  # noqa: C416  rows, not pairs


def spelled_values(session: Session, pool: Pool, asked: Collection[str]) -> dict[str, str]:
    """Return what the things are called that are asked for in any spelling; others as asked."""
    if pool.kind not in OF_SPLITTER:
        return {each: each for each in asked}
    known = list(session.scalars(of_pool(VALUES, pool)))
    called = {fold(each): each for each in known}
    return {each: each if each in known else called.get(fold(each), each) for each in asked}


def put_states(session: Session, pool: Pool, states: Mapping[str, State]) -> None:
    """Write the states of things that were lent."""
    if pool.kind is Kind.NUMBER:
        rows: list[tuple[Any, ...]] = [(pool.tenant, *each) for each in states.items()]
        update_rows(session, NumberRow, ("tenant", "e164", "state"), rows, keys=2)
    else:
        rows = [(*pool[:3], *each) for each in states.items()]
        update_rows(session, ItemRow, ("tenant", "kind", "pool", "value", "state"), rows, keys=4)


Found = tuple[Thing, ItemState, UUID | None, UUID | None]
"""A thing, its state, the order that touched it last and the service that has it, if any."""


def find_items(session: Session, pool: Pool, state: ItemState | None, rows: Window) -> list[Found]:
    """Return a pool's items, by value."""
    wanted = of_pool(SHOWN, pool)
    wanted = wanted.where(ITEMS.c.state == state) if state else wanted
    return [found_of(row) for row in session.execute(page_of(wanted, [ITEMS.c.value], rows))]


def look_at_item(session: Session, pool: Pool, value: str) -> Found:
    """Return one item of a pool, to show it.

    Raises:
        NotFoundError: if there is none.
    """
    mine = of_pool(SHOWN, pool)
    row = session.execute(mine.where(ITEMS.c.value == value)).one_or_none()
    if row is None and pool.kind in OF_SPLITTER:
        row = session.execute(mine.where(folded(ITEMS.c.value) == fold(value))).first()
    if row is None:
        msg = f"the pool has no such {pool.kind}"
        raise NotFoundError(msg, remedy=f"list them: /ops/v1/pools/{pool.kind}/{pool.name}/things")
    return found_of(row)


def found_of(row: Row[Any]) -> Found:
    """Return a row as what was found."""
    thing = Thing(Pool(row.tenant, row.kind, row.pool), row.value, row.element, row.attributes)
    return thing, row.state, row.order_id, row.service_id
