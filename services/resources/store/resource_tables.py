"""Tables of numbers and pool items, and the array parameters of requested ones."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Text, column

from services.resources.domain.pool.kinds import ResourceTable, table_of_kind
from services.resources.domain.pool.resource import NumberKey, ResourceName
from services.resources.tables import NumberRow, PoolItemRow
from shared.persistence.bulk import bind_arrays, table_of, unnest

NUMBERS = table_of(NumberRow)
ITEMS = table_of(PoolItemRow)
NUMBER_KEY = ("tenant", "e164")

REQUESTED_NUMBERS = unnest([column(name, Text) for name in NUMBER_KEY], "requested")

ITEM_KEY = (ITEMS.c.tenant, ITEMS.c.kind, ITEMS.c.pool, ITEMS.c.value)
REQUESTED_NAMES = unnest([column(name, Text) for name in ResourceName._fields], "requested")
IS_REQUESTED_ITEM = (
    (ITEMS.c.tenant == REQUESTED_NAMES.c.tenant)
    & (ITEMS.c.kind == REQUESTED_NAMES.c.kind)
    & (ITEMS.c.pool == REQUESTED_NAMES.c.pool)
    & (ITEMS.c.value == REQUESTED_NAMES.c.value)
)


def number_arrays(keys: Iterable[NumberKey]) -> dict[str, list[Any]]:
    """Turn number keys into the arrays that `REQUESTED_NUMBERS` is bound to."""
    return bind_arrays(NUMBER_KEY, list(keys))


def name_arrays(names: Collection[ResourceName]) -> dict[str, list[Any]]:
    """Turn names into the arrays that `REQUESTED_NAMES` is bound to."""
    return bind_arrays(ResourceName._fields, list(names))


def filter_by_table(table: ResourceTable, names: Collection[ResourceName]) -> list[ResourceName]:
    """Return those of these resources that are stored in a table."""
    return [each for each in names if table_of_kind(each.kind) is table]
