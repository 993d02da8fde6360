"""Array parameters for statements on many rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Text, Uuid, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import TableValuedAlias

from services.resources.domain.pool.resource import NumberKey
from services.resources.tables import NumberRow, PoolItemRow
from shared.persistence.bulk import table_of

NUMBERS = table_of(NumberRow)
ITEMS = table_of(PoolItemRow)


def bound_relation(**columns: type[Text | Uuid[Any]]) -> TableValuedAlias:
    """Return a relation whose columns are bound array parameters."""
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items())
    result_columns = (column(name, kind) for name, kind in columns.items())
    return func.unnest(*arrays).table_valued(*result_columns, name="requested").render_derived()


def to_arrays(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """Turn rows into an array for each column."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, map(list, columns), strict=True))


def number_arrays(keys: Iterable[NumberKey]) -> dict[str, list[Any]]:
    """Turn number keys into the parameters `tenant` and `e164`."""
    return to_arrays(("tenant", "e164"), keys)
