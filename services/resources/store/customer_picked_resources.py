"""Resources that customers picked, read and locked by their exact names."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.allocation import PickedResource
from services.resources.domain.pool.kinds import ResourceTable
from services.resources.domain.pool.resource import NumberKey, ResourceName
from services.resources.domain.pool.states import NumberState
from services.resources.store.holdings import (
    ITEM_COLUMNS,
    NUMBER_COLUMNS,
    item_resource,
    number_resource,
)
from services.resources.store.resource_tables import (
    IS_REQUESTED_ITEM,
    ITEM_KEY,
    ITEMS,
    NUMBERS,
    REQUESTED_NAMES,
    REQUESTED_NUMBERS,
    filter_by_table,
    name_arrays,
    number_arrays,
)
from services.resources.tables import ExchangeRow
from shared.persistence.bulk import table_of

EXCHANGES = table_of(ExchangeRow)
MAY_BE_PICKED = (NumberState.IDLE, NumberState.SELECTED)
IS_PICKABLE = (
    (NUMBERS.c.tenant == REQUESTED_NUMBERS.c.tenant)
    & (NUMBERS.c.e164 == REQUESTED_NUMBERS.c.e164)
    & NUMBERS.c.state.in_(MAY_BE_PICKED)
)
IS_EXCHANGE_OF = (EXCHANGES.c.tenant == NUMBERS.c.tenant) & (
    EXCHANGES.c.id == NUMBERS.c.exchange_id
)
PICKABLE_NUMBERS = select(NUMBERS.c.tenant, NUMBERS.c.e164).join(REQUESTED_NUMBERS, IS_PICKABLE)

FREE_ITEMS = select(*ITEM_COLUMNS, ITEMS.c.state).join(
    REQUESTED_NAMES, IS_REQUESTED_ITEM & ITEMS.c.free
)


def select_numbers_for_update(*, wait: bool) -> Select[Any]:
    """Return the statement that locks picked numbers; with `wait` it waits for locks."""
    return (
        select(
            *(*NUMBER_COLUMNS, EXCHANGES.c.local_network),
            *(NUMBERS.c.state, NUMBERS.c.selected_by, NUMBERS.c.until),
        )
        .join(REQUESTED_NUMBERS, IS_PICKABLE)
        .join(EXCHANGES, IS_EXCHANGE_OF)
        .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
        .with_for_update(of=NUMBERS, skip_locked=not wait)
    )


def select_items_for_update(*, wait: bool) -> Select[Any]:
    """Return the statement that locks picked pool items; with `wait` it waits for locks."""
    return FREE_ITEMS.order_by(*ITEM_KEY).with_for_update(of=ITEMS, skip_locked=not wait)


SKIPPING_LOCKED = (select_numbers_for_update(wait=False), select_items_for_update(wait=False))
WAITING_FOR_LOCKS = (select_numbers_for_update(wait=True), select_items_for_update(wait=True))


def lock_picked(
    session: Session, names: Collection[ResourceName], *, wait: bool
) -> dict[ResourceName, PickedResource]:
    """Lock those of these resources that are free or selected."""
    numbers, items = WAITING_FOR_LOCKS if wait else SKIPPING_LOCKED
    by_key = names_by_number(names)
    found = {
        by_key[row[0], row[3]]: PickedResource(number_resource(*row[:4]), *row[4:])
        for row in number_rows(session, numbers, by_key)
    }
    for *columns, state in item_rows(session, items, names):
        resource = item_resource(*columns)
        found[resource.name] = PickedResource(resource, "", state)
    return found


def find_pickable(session: Session, names: Collection[ResourceName]) -> set[ResourceName]:
    """Return which of these resources are free or selected now, locked or not."""
    by_key = names_by_number(names)
    numbers = number_rows(session, PICKABLE_NUMBERS, by_key)
    items = item_rows(session, FREE_ITEMS, names)
    return {
        *(by_key[tenant, e164] for tenant, e164 in numbers),
        *(ResourceName(*row[:4]) for row in items),
    }


def names_by_number(names: Collection[ResourceName]) -> dict[NumberKey, ResourceName]:
    """Return those of these names that are numbers, by the key of the number."""
    return {
        (each.tenant, each.value): each for each in filter_by_table(ResourceTable.NUMBERS, names)
    }


def number_rows(
    session: Session, statement: Select[Any], keys: Collection[NumberKey]
) -> Sequence[Any]:
    """Return the rows of a statement on numbers; nothing is executed without numbers."""
    return session.execute(statement, number_arrays(keys)).all() if keys else ()


def item_rows(
    session: Session, statement: Select[Any], names: Collection[ResourceName]
) -> Sequence[Any]:
    """Return the rows of a statement on pool items; nothing is executed without pool items."""
    items = filter_by_table(ResourceTable.POOL_ITEMS, names)
    return session.execute(statement, name_arrays(items)).all() if items else ()
