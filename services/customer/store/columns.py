"""Maps frozen dataclasses to columns of tables by name."""

from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Column

from shared.persistence.bulk import table_of
from shared.persistence.database import Base


@cache
def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of the columns that a dataclass fills, in its order."""
    return tuple(field.name for field in fields(kind))


def columns_for(table: type[Base], kind: type) -> list[Column[Any]]:
    """Return the columns that a dataclass fills, in its order."""
    return [table_of(table).c[name] for name in field_names(kind)]
