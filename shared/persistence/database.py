"""The database of one service: base class, column types, engine, sessions."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, TypeAlias

import msgspec
import psycopg
import sqlalchemy
from psycopg import Connection
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Enum,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from shared.errors import UnprocessableError
from shared.persistence.connection_losses import note_loss, start_counting_losses
from shared.persistence.sqlstates import (
    IDLE_IN_TRANSACTION,
    PROGRAM_LIMIT_EXCEEDED,
    READ_ONLY,
    REPEATING_VALUES,
    sqlstate_of,
)
from shared.persistence.write_probe import WRITE_REFUSALS, is_unpromoted

Sessions = sessionmaker[Session]
"""Makes sessions. Reads, too, use `begin()`: the rollback of a session that is only closed makes
the driver discard the statements that it has prepared on the connection."""

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table. Constraint names are fixed, so migrations can name them.

    Each service has its own database, and so its own names: two may both have `orders`.
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    """The kernel's tables, which every database has."""

    def __init_subclass__(cls, **arguments: Any) -> None:  # noqa: ANN401
        """Register a table in the metadata of its own service."""
        package, _, rest = cls.__module__.partition(".")
        if package != "shared":
            cls.metadata = metadata_of(f"{package}.{rest.partition('.')[0]}")
        super().__init_subclass__(**arguments)


@cache
def metadata_of(service: str) -> MetaData:
    """Return the tables of one service, named by its package (`services.order`)."""
    return MetaData(naming_convention=NAMING_CONVENTION, info={"service": service})


def enum_text(kind: type[StrEnum]) -> Enum:
    """Return the column type that stores an enumeration by its values, as text."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


Instant = DateTime(timezone=True)

BytewiseText = Text(collation="C")
"""Text that is compared byte by byte, so that an index also serves prefix searches."""

PERSONAL = {"personal": True}
"""The `info` of a column that holds personal data: an erasure blanks it."""


class JsonBytes(TypeDecorator[Any]):
    """A column that stores a whole value as JSON bytes.

    For values that are read and written only with their row, and never searched.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: Any) -> None:  # noqa: ANN401  any type msgspec can tell apart
        super().__init__()
        self.kind = kind
        self._decode = msgspec.json.Decoder(kind).decode
        self._encode = msgspec.json.Encoder().encode

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ANN401
        """Return the bytes to store."""
        del dialect
        return None if value is None else self._encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401
        """Return the value that was stored."""
        del dialect
        return None if value is None else self._decode(value)


def json_bytes(kind: Any) -> JsonBytes:  # noqa: ANN401  any type msgspec can tell apart
    """Return the column type for values of `kind`, a struct, dataclass or tuple of such."""
    return JsonBytes(kind)


Url: TypeAlias = str
"""SQLAlchemy URL, `postgresql+psycopg://role:password@host:port/database`."""

MAX_CONNECTIONS = 8
"""For one process: the writing thread, and as many readers as one core can serve."""


def make_sessions(url: Url) -> Sessions:
    """Return a factory of sessions on the database at `url`."""
    return sessionmaker(make_engine(url), expire_on_commit=False)


MILLISECOND = timedelta(milliseconds=1)

KEEP_ALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is cut off and sends nothing is given up after half a minute."""


SERVER_TIMEOUTS = {
    "statement_timeout": timedelta(minutes=2),
    "idle_in_transaction_session_timeout": timedelta(minutes=1),
}
"""The server ends statements that run too long, and transactions of frozen processes, which would
keep their locks. The client gets a transient error."""


CLEAR_TIMEOUTS = ", ".join(f"set_config('{name}', '0', true)" for name in SERVER_TIMEOUTS)
DISABLE_TIMEOUTS = text(f"SELECT {CLEAR_TIMEOUTS}")
"""For the rest of a transaction that is known to be long."""


def make_engine(url: Url) -> Engine:
    """Return an engine set up for statements that carry many rows."""
    limits = (f"-c {name}={each // MILLISECOND}" for name, each in SERVER_TIMEOUTS.items())
    engine = make_plain_engine(
        url,
        pool_size=2,
        max_overflow=MAX_CONNECTIONS - 2,
        connect_args={"connect_timeout": 5, "options": " ".join(limits), **KEEP_ALIVE},
    )
    event.listen(engine, "connect", prefer_binary_arrays)
    start_counting_losses(engine)
    event.listen(engine, "handle_error", classify_driver_error)
    event.listen(engine, "before_cursor_execute", count_write)
    return engine


def make_plain_engine(url: Url, **options: Any) -> Engine:  # noqa: ANN401  passed on
    """Return an engine whose errors contain no value of a statement.

    All our engines are made here: values are personal, and errors are stored and logged.
    """
    engine = create_engine(url, hide_parameters=True, **options)
    event.listen(engine, "handle_error", hide_values_in_context)
    return engine


def prefer_binary_arrays(connection: Connection[Any], _: object) -> None:
    """Send lists in binary; as text, each item costs two regular expressions."""
    connection.adapters.register_dumper(list, ListBinaryDumper)


def classify_driver_error(context: ExceptionContext) -> None:
    """Classify the error of a statement before it is retried."""
    if is_demoted(context.original_exception, context.connection):
        context.is_disconnect = True
        note_loss(context.dialect)  # the next connection may find a replica that lagged
    raise_if_misclassified(context.original_exception, context.connection)


def is_demoted(error: BaseException, connection: sqlalchemy.Connection | None) -> bool:
    """Return whether the server no longer accepts writes; a new connection may find one that does.

    A connection that we made read-only is excluded: a write on it is a bug, not an outage.
    """
    options = connection.get_execution_options() if connection else {}
    is_reader = options.get("postgresql_readonly", False)
    return not is_reader and (sqlstate_of(error) == READ_ONLY or is_unpromoted(error))


def hide_values_in_context(context: ExceptionContext) -> None:
    """Remove the values from the driver's error, and from SQLAlchemy's error made of it."""
    original = str(context.original_exception)
    hide_values(context.original_exception)
    hidden, wrapper = str(context.original_exception), context.sqlalchemy_exception
    if wrapper is not None and wrapper.args and hidden != original:
        wrapper.args = (str(wrapper.args[0]).replace(original, hidden), *wrapper.args[1:])


def hide_values(error: BaseException) -> None:
    """Reduce the server's error to one line without values.

    Its DETAIL names rows and keys, its CONTEXT parameters, and for an invalid value its
    first line repeats the value. Errors of the driver itself contain none.
    """
    if not isinstance(error, psycopg.Error) or not error.sqlstate:
        return
    diag = error.diag
    repeats = error.sqlstate.startswith(REPEATING_VALUES)
    message = "" if repeats else f": {diag.message_primary}"
    where = ", ".join(filter(None, (diag.table_name, diag.column_name, diag.constraint_name)))
    place = f" ({where})" if where else ""
    error.args = (f"SQLSTATE {error.sqlstate}, {type(error).__name__}{place}{message}",)


def raise_if_misclassified(error: BaseException, connection: sqlalchemy.Connection | None) -> None:
    """Raise the right error for what the driver misclassifies; leave the rest to SQLAlchemy.

    Raises:
        UnprocessableError: a value is too large for an index; a retry cannot help.
        OperationalError: the server ended an idle transaction, or is read-only: retry the
            transaction.
    """
    state = sqlstate_of(error)
    demoted = is_demoted(error, connection)
    if demoted or state != READ_ONLY:
        WRITE_REFUSALS.note(READ_ONLY if demoted else state)
    if demoted or state == IDLE_IN_TRANSACTION:
        raise OperationalError(None, None, error)
    if state.startswith(PROGRAM_LIMIT_EXCEEDED):
        msg = "something in it is too large to be stored"
        raise UnprocessableError(msg, code="too-large", remedy="shorten its longest texts")


WRITE_COUNT = "kaitong.writings"
WRITE_PATTERN = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY)\b", re.IGNORECASE)
LOCK_PATTERN = re.compile(r"\bFOR (NO KEY )?UPDATE\b", re.IGNORECASE)


def count_write(
    connection: sqlalchemy.Connection, _cursor: object, statement: str, *_: object
) -> None:
    """Count the statements that write, so that callers know whether anything was written."""
    if is_write(statement):
        connection.info[WRITE_COUNT] = connection.info.get(WRITE_COUNT, 0) + 1


@lru_cache(maxsize=4096)
def is_write(statement: str) -> bool:
    """Return whether a statement may write, also in its CTEs; locks write nothing."""
    return WRITE_PATTERN.search(LOCK_PATTERN.sub("", statement)) is not None


def write_count(session: Session) -> int:
    """Return how many statements have written on this session's connection; it only grows."""
    found: int = session.connection().info.get(WRITE_COUNT, 0)
    return found


def transaction_time(session: Session) -> datetime:
    """Return when the transaction began, by the database's clock."""
    started_at: datetime = session.execute(select(func.now())).scalar_one()
    return started_at
