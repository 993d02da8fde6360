"""The states and holders of resources that a message names."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Text, column, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.takeover import ResourceName, ResourceStatus
from services.resources.domain.pool.resource import ResourceKind
from services.resources.store.array_parameters import ITEMS, NUMBERS
from services.resources.store.holdings import (
    ITEM_COLUMNS,
    NUMBER_COLUMNS,
    item_resource,
    number_resource,
)
from services.resources.store.stock import take_assignment_lock
from shared.persistence.bulk import bind_arrays, unnest

REQUESTED = unnest([column(name, Text) for name in ResourceName._fields], "requested")
SELECT_NUMBERS = (
    select(*NUMBER_COLUMNS, NUMBERS.c.state, NUMBERS.c.order_id, NUMBERS.c.service_id)
    .join(
        REQUESTED, (NUMBERS.c.tenant == REQUESTED.c.tenant) & (NUMBERS.c.e164 == REQUESTED.c.value)
    )
    .where(REQUESTED.c.kind == ResourceKind.NUMBER.value)
    .order_by(NUMBERS.c.tenant, NUMBERS.c.e164)
    .with_for_update(of=NUMBERS)
)
SELECT_ITEMS = (
    select(*ITEM_COLUMNS, ITEMS.c.state, ITEMS.c.order_id, ITEMS.c.service_id)
    .join(
        REQUESTED,
        (ITEMS.c.tenant == REQUESTED.c.tenant)
        & (ITEMS.c.kind == REQUESTED.c.kind)
        & (ITEMS.c.value == REQUESTED.c.value)
        & or_(REQUESTED.c.pool == "", ITEMS.c.pool == REQUESTED.c.pool),
    )
    .order_by(*ITEM_COLUMNS[:4])
    .with_for_update(of=ITEMS)
)


def get_statuses_for_update(
    session: Session, names: Collection[ResourceName]
) -> list[ResourceStatus]:
    """Return the statuses of those of these resources that exist, locked."""
    take_assignment_lock(session)
    numbers, items = (_rows(session, each, names) for each in (SELECT_NUMBERS, SELECT_ITEMS))
    return [
        *(ResourceStatus(number_resource(*row[:4]), *row[4:]) for row in numbers),
        *(ResourceStatus(item_resource(*row[:6]), *row[6:]) for row in items),
    ]


def _rows(session: Session, statement: Select[Any], names: Collection[ResourceName]) -> list[Any]:
    return list(session.execute(statement, bind_arrays(ResourceName._fields, list(names))))
