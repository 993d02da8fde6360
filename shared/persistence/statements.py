"""Compiled statements, for what runs for every message: compiled once, run by the driver.

SQLAlchemy looks a statement up by its structure at each run, and wraps its result:
two thirds of the cost of a message that is handled alone. Here SQLAlchemy gives the
SQL and the conversions of values once; then the driver runs it, on the session's own
connection and in its transaction, prepared at its first run: docs/performance.md has what each
saves. Event listeners are called as usual.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import psycopg
from psycopg import Cursor
from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import ARRAY, TypeEngine

from shared.persistence.connection_losses import note_loss
from shared.persistence.database import hide_values, is_demoted, raise_if_misclassified

ValueProcessor: TypeAlias = Callable[[Any], Any] | None
"""Converts a value for the driver or from it; None: no conversion."""

Row: TypeAlias = tuple[Any, ...]

CURSOR_KEY = "kaitong.cursor"
NO_VALUES: Mapping[str, Any] = {}


class CompiledStatement:
    """One statement, compiled once and run with different values."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._sql = ""
        self._constants: dict[str, Any] = {}
        self._bind_processors: list[tuple[str, Callable[[Any], Any]]] = []
        self._column_processors: list[ValueProcessor] | None = None

    def rows(self, session: Session, bound: Mapping[str, Any] = NO_VALUES) -> Sequence[Row]:
        """Run it; return the rows."""
        cursor = self._run(session, bound)
        rows = cursor.fetchall()
        if self._column_processors is None:
            self._column_processors = _result_processors(
                self.statement, session.connection().dialect, cursor
            )
        if rows and any(self._column_processors):
            return [_process_row(self._column_processors, row) for row in rows]
        return rows

    def column(self, session: Session, bound: Mapping[str, Any] = NO_VALUES) -> list[Any]:
        """Run it; return the first value of each row."""
        return [row[0] for row in self.rows(session, bound)]

    def value(self, session: Session, bound: Mapping[str, Any] = NO_VALUES) -> Any:  # noqa: ANN401
        """Run it; return the first value of the first row, or None if there is no row."""
        rows = self.rows(session, bound)
        return rows[0][0] if rows else None

    def run(self, session: Session, bound: Mapping[str, Any] = NO_VALUES) -> int:
        """Run it; return how many rows it wrote."""
        return self._run(session, bound).rowcount

    def _run(self, session: Session, bound: Mapping[str, Any]) -> Cursor[Row]:
        connection = session.connection()
        if not self._sql:
            self._compile(connection.dialect)
        values = {**self._constants, **bound}
        for name, process in self._bind_processors:
            values[name] = process(values[name])
        try:
            cursor = _cursor(connection)
            arguments = (connection, cursor, self._sql, values, None, False)
            connection.dispatch.before_cursor_execute(*arguments)
            return cursor.execute(self._sql, values, prepare=True)
        except psycopg.Error as error:
            raise converted_driver_error(error, connection, self._sql) from error

    def _compile(self, dialect: Dialect) -> None:
        compiled = cast("SQLCompiler", self.statement.compile(dialect=dialect))  # type: ignore[attr-defined]
        unsupported = [*compiled.post_compile_params, *compiled.literal_execute_params]
        if unsupported or compiled.insert_prefetch or compiled.update_prefetch:
            msg = f"the SQL is not fixed; bind lists as arrays, pass every value: {compiled}"
            raise TypeError(msg)
        self._constants = {
            name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required
        }
        processors = [
            (name, _bind_processor(bind.type, dialect)) for name, bind in compiled.binds.items()
        ]
        self._bind_processors = [(name, process) for name, process in processors if process]
        self._sql = str(compiled)


def _cursor(connection: Connection) -> Cursor[Row]:
    """Return the only cursor of a connection; a new one for each run costs a third of the run."""
    cursor: Cursor[Row] | None = connection.info.get(CURSOR_KEY)
    if cursor is None:
        driver = cast("psycopg.Connection[Row]", connection.connection.driver_connection)
        cursor = connection.info[CURSOR_KEY] = driver.cursor()
    return cursor


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> ValueProcessor:
    """Return the conversion of values of a type for the driver."""
    if not isinstance(kind, ARRAY):
        return kind.dialect_impl(dialect).bind_processor(dialect)
    each = _bind_processor(kind.item_type, dialect)
    return None if each is None else lambda values: [each(value) for value in values]


def _result_processors(
    statement: Executable, dialect: Dialect, cursor: Cursor[Row]
) -> list[ValueProcessor]:
    """Return the conversion of each column of a result to its type."""
    columns = getattr(statement, "exported_columns", ())
    kinds = [column.type.dialect_impl(dialect) for column in columns]
    codes = [each.type_code for each in cursor.description or ()]
    return [kind.result_processor(dialect, code) for kind, code in zip(kinds, codes, strict=False)]


def _process_row(columns: Sequence[ValueProcessor], row: Row) -> Row:
    return tuple(
        process(value) if process else value for process, value in zip(columns, row, strict=True)
    )


def converted_driver_error(error: psycopg.Error, connection: Connection, sql: str) -> Exception:
    """Return the driver's error as SQLAlchemy's; drop a connection that is lost.

    Raises:
        UnprocessableError: if a value is too large to be stored.
        OperationalError: if the server ended an idle transaction, or accepts no writes.
    """
    driver = cast("DBAPIConnection", connection.connection.dbapi_connection)
    cursor = cast("DBAPICursor | None", connection.info.get(CURSOR_KEY))
    is_gone = connection.dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type]
    is_lost = is_gone or is_demoted(error, connection)
    if is_lost:
        note_loss(connection.dialect)
        connection.engine.dispose()  # the others are as old, and usually lost too
        connection.invalidate(error)
    raise_if_misclassified(error, connection)
    hide_values(error)
    return DBAPIError.instance(
        sql,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=connection.dialect,
    )
