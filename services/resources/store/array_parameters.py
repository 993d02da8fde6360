"""Tables of numbers and pool items, and the array parameters of requested numbers."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Text, column

from services.resources.domain.pool.resource import NumberKey
from services.resources.tables import NumberRow, PoolItemRow
from shared.persistence.bulk import bind_arrays, table_of, unnest

NUMBERS = table_of(NumberRow)
ITEMS = table_of(PoolItemRow)
NUMBER_KEY = ("tenant", "e164")

REQUESTED_NUMBERS = unnest([column(name, Text) for name in NUMBER_KEY], "requested")


def number_arrays(keys: Iterable[NumberKey]) -> dict[str, list[Any]]:
    """Turn number keys into the arrays that `REQUESTED_NUMBERS` is bound to."""
    return bind_arrays(NUMBER_KEY, list(keys))
