"""The states and holders of resources that a message names."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.takeover import ResourceStatus
from services.resources.domain.pool.kinds import ResourceTable
from services.resources.domain.pool.resource import ResourceName
from services.resources.store.holdings import (
    ITEM_COLUMNS,
    NUMBER_COLUMNS,
    item_resource,
    number_resource,
)
from services.resources.store.resource_tables import (
    ITEM_KEY,
    ITEMS,
    NUMBERS,
    REQUESTED_NAMES,
    filter_by_table,
    name_arrays,
)
from services.resources.store.stock import take_assignment_lock

SELECT_NUMBERS = (
    select(*NUMBER_COLUMNS, NUMBERS.c.state, NUMBERS.c.order_id, NUMBERS.c.service_id)
    .join(
        REQUESTED_NAMES,
        (NUMBERS.c.tenant == REQUESTED_NAMES.c.tenant)
        & (NUMBERS.c.e164 == REQUESTED_NAMES.c.value),
    )
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS)
)
SELECT_ITEMS = (
    select(*ITEM_COLUMNS, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id)
    .join(
        REQUESTED_NAMES,
        (ITEMS.c.tenant == REQUESTED_NAMES.c.tenant)
        & (ITEMS.c.kind == REQUESTED_NAMES.c.kind)
        & (ITEMS.c.value == REQUESTED_NAMES.c.value)
        & or_(REQUESTED_NAMES.c.pool == "", ITEMS.c.pool == REQUESTED_NAMES.c.pool),
    )
    .order_by(*ITEM_KEY)
    .with_for_update(of=ITEMS)
)


def get_statuses_for_update(
    session: Session, names: Collection[ResourceName]
) -> list[ResourceStatus]:
    """Return the statuses of those of these resources that exist, locked."""
    take_assignment_lock(session)
    numbers = _rows(session, SELECT_NUMBERS, filter_by_table(ResourceTable.NUMBERS, names))
    items = _rows(session, SELECT_ITEMS, filter_by_table(ResourceTable.POOL_ITEMS, names))
    return [
        *(ResourceStatus(number_resource(*row[:4]), *row[4:]) for row in numbers),
        *(ResourceStatus(item_resource(*row[:6]), *row[6:]) for row in items),
    ]


def _rows(session: Session, statement: Select[Any], names: Sequence[ResourceName]) -> list[Any]:
    return list(session.execute(statement, name_arrays(names))) if names else []
