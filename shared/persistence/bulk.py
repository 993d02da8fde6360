"""Many rows in one statement: PostgreSQL takes the columns as arrays.

One `unnest` costs a few microseconds a row; an executemany costs forty.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnClause, Table, bindparam, column, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from shared.errors import ConflictOnWriteError
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

Rows: TypeAlias = Sequence[Sequence[Any]]
"""Rows as tuples, in the order of the columns named with them."""

ColumnNames: TypeAlias = tuple[str, ...]


def table_of(kind: type[Base]) -> Table:
    """Return the Core table under a declarative class."""
    return cast("Table", kind.__table__)


def unnest(columns: Sequence[ColumnClause[Any]], name: str = "new") -> TableValuedAlias:
    """Return a relation of the given columns, bound to one array per column."""
    # One dimension, explicitly: a packed tuple is one value, not a row of a matrix.
    arrays = (bindparam(f"new_{c.name}", type_=ARRAY(c.type, dimensions=1)) for c in columns)
    names = (column(c.name, c.type) for c in columns)
    return func.unnest(*arrays).table_valued(*names, name=name).render_derived()


def to_arrays(names: Iterable[str], rows: Rows) -> dict[str, list[Any]]:
    """Turn rows into one array for each name: the parameters of a statement in SQL."""
    names = tuple(names)
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(values) for name, values in zip(names, columns, strict=True)}


def bind_arrays(names: Iterable[str], rows: Rows) -> dict[str, list[Any]]:
    """Turn rows into the arrays that `unnest` is bound to."""
    return to_arrays((f"new_{name}" for name in names), rows)


@cache
def insert_new_statement(kind: type[Base], columns: ColumnNames) -> CompiledStatement:
    """Return the statement that inserts the rows that do not exist yet."""
    table = table_of(kind)
    rows = unnest([table.c[name] for name in columns])
    return CompiledStatement(
        insert(table).from_select(columns, select(rows)).on_conflict_do_nothing()
    )


@cache
def upsert_statement(kind: type[Base], columns: ColumnNames, key_length: int) -> CompiledStatement:
    """Return the statement that inserts rows, or overwrites those with the same key.

    Rows are locked in the order of their keys, so that two such statements never deadlock.
    """
    table = table_of(kind)
    rows = unnest([table.c[name] for name in columns])
    statement = insert(table).from_select(
        columns, select(rows).order_by(*(rows.c[name] for name in columns[:key_length]))
    )
    upserting = statement.on_conflict_do_update(
        index_elements=columns[:key_length],
        set_={name: statement.excluded[name] for name in columns[key_length:]},
    )
    return CompiledStatement(upserting)


@cache
def update_statement(kind: type[Base], columns: ColumnNames, key_length: int) -> CompiledStatement:
    """Return the statement that overwrites rows, found by the first `key_length` columns."""
    table = table_of(kind)
    new = unnest([table.c[name] for name in columns])
    old_key = tuple_(*(table.c[name] for name in columns[:key_length]))
    new_key = tuple_(*(new.c[name] for name in columns[:key_length]))
    values = {name: new.c[name] for name in columns[key_length:]}
    return CompiledStatement(update(table).where(old_key == new_key).values(values))


def insert_new_rows(session: Session, kind: type[Base], columns: ColumnNames, rows: Rows) -> int:
    """Insert the rows that do not exist yet; return how many were inserted."""
    return _run(session, insert_new_statement(kind, columns), columns, rows)


def upsert_rows(
    session: Session, kind: type[Base], columns: ColumnNames, rows: Rows, *, key_length: int = 1
) -> int:
    """Insert rows, or overwrite those with the same key, which is the first `key_length` columns.

    No two of `rows` may have the same key.
    """
    return _run(session, upsert_statement(kind, columns, key_length), columns, rows)


def update_rows(
    session: Session, kind: type[Base], columns: ColumnNames, rows: Rows, *, key_length: int = 1
) -> int:
    """Overwrite rows by their key, the first `key_length` columns; return how many existed."""
    return _run(session, update_statement(kind, columns, key_length), columns, rows)


def check_all_written(written: int, expected: int) -> None:
    """Check that a statement has written all rows that it was to write.

    Raises:
        ConflictOnWriteError: if some do not exist.
    """
    if written != expected:
        msg = f"only {written} of {expected} rows exist"
        raise ConflictOnWriteError(msg)


def _run(session: Session, statement: CompiledStatement, columns: ColumnNames, rows: Rows) -> int:
    return statement.run(session, bind_arrays(columns, rows)) if rows else 0
