"""The database of one service: base class, column types, engine, sessions."""

import re
from datetime import timedelta
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
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from shared.errors import UnprocessableError
from shared.persistence.connection_losses import count_losses, note_loss
from shared.persistence.write_probe import READ_ONLY_SQLSTATE, WRITE_REFUSALS, is_unpromoted

Sessions = sessionmaker[Session]

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
        """Enter a table among those of its own service."""
        room, _, rest = cls.__module__.partition(".")
        if room != "shared":
            cls.metadata = metadata_of(f"{room}.{rest.partition('.')[0]}")
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


class JsonBytes(TypeDecorator[Any]):
    """A column that stores a whole value as JSON bytes.

    For what is read and written only together with its row, and never searched.
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
"""For one process: the writing thread, and as many readers as one machine's core can feed."""


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
"""A server that is cut off, and says nothing, is given up after half a minute."""


SERVER_TIMEOUTS = {
    "statement_timeout": timedelta(minutes=2),
    "idle_in_transaction_session_timeout": timedelta(minutes=1),
}
"""No statement runs away, and no process that was frozen keeps what it has locked: the server
ends both, which is passing trouble to whoever comes back."""


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
    count_losses(engine)
    event.listen(engine, "handle_error", classify_driver_error)
    event.listen(engine, "before_cursor_execute", count_write)
    return engine


def make_plain_engine(url: Url, **options: Any) -> Engine:  # noqa: ANN401  handed on
    """Return an engine whose errors name no value that a statement carried.

    Every engine of ours is made here: values are personal, and errors are kept and logged.
    """
    engine = create_engine(url, hide_parameters=True, **options)
    event.listen(engine, "handle_error", hide_values_in_context)
    return engine


def prefer_binary_arrays(connection: Connection[Any], _: object) -> None:
    """Send lists as they are; as text, each item costs two regular expressions."""
    connection.adapters.register_dumper(list, ListBinaryDumper)


PROGRAM_LIMIT_EXCEEDED = "54"
"""The class of SQLSTATE for what is more than the server can take, and stays so."""

IDLE_IN_TRANSACTION = "25P03"
"""The server ended a transaction that did nothing; the driver calls it an internal error."""


def classify_driver_error(context: ExceptionContext) -> None:
    """Look at what went wrong with a statement before anybody waits for it to pass."""
    if is_demoted(context.original_exception, context.connection):
        context.is_disconnect = True
        note_loss(context.dialect)  # the next connection may find a replica that lagged
    reclassify_error(context.original_exception, context.connection)


def is_demoted(error: BaseException, connection: sqlalchemy.Connection | None) -> bool:
    """Tell whether a server that took writes takes none: other connections may find one that does.

    A reader of ours may not write by its own wish: that is a bug, and no outage.
    """
    options = connection.get_execution_options() if connection else {}
    is_reader = options.get("postgresql_readonly", False)
    return not is_reader and (
        getattr(error, "sqlstate", None) == READ_ONLY_SQLSTATE or is_unpromoted(error)
    )


def hide_values_in_context(context: ExceptionContext) -> None:
    """Take the values out of what the driver says, and out of what SQLAlchemy made of it."""
    said = str(context.original_exception)
    hide_values(context.original_exception)
    left, told = str(context.original_exception), context.sqlalchemy_exception
    if told is not None and told.args and left != said:
        told.args = (str(told.args[0]).replace(said, left), *told.args[1:])


SQLSTATES_REPEATING_VALUES = ("22", "42601")
"""SQLSTATEs whose first line repeats a value: data exceptions, and syntax errors."""


def hide_values(error: BaseException) -> None:
    """Reduce what the server said to a line that names no value.

    Its DETAIL names rows and keys, its CONTEXT parameters, and of a value that it cannot
    take the first line repeats it. What the driver says by itself names none.
    """
    if not isinstance(error, psycopg.Error) or not error.sqlstate:
        return
    diag = error.diag
    repeats = error.sqlstate.startswith(SQLSTATES_REPEATING_VALUES)
    said = "" if repeats else f": {diag.message_primary}"
    where = ", ".join(filter(None, (diag.table_name, diag.column_name, diag.constraint_name)))
    named = f" ({where})" if where else ""
    error.args = (f"SQLSTATE {error.sqlstate}, {type(error).__name__}{named}{said}",)


def reclassify_error(error: BaseException, connection: sqlalchemy.Connection | None) -> None:
    """Tell apart what the driver calls by the wrong name, and leave the rest to SQLAlchemy.

    Raises:
        UnprocessableError: what is too large for an index, so that nobody waits for it to pass.
        OperationalError: a transaction that was ended for standing still, or that a read-only
            server refused: it is to be done again.
    """
    state = getattr(error, "sqlstate", None) or ""
    demoted = is_demoted(error, connection)
    if demoted or state != READ_ONLY_SQLSTATE:
        WRITE_REFUSALS.note(READ_ONLY_SQLSTATE if demoted else state)
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
    """Count the statements that write, for those who must know whether anything was written."""
    if is_write(statement):
        connection.info[WRITE_COUNT] = connection.info.get(WRITE_COUNT, 0) + 1


@lru_cache(maxsize=4096)
def is_write(statement: str) -> bool:
    """Tell whether a statement may change anything, in its CTEs too; locks change nothing."""
    return WRITE_PATTERN.search(LOCK_PATTERN.sub("", statement)) is not None


def write_count(session: Session) -> int:
    """Return how many statements have written on this session's connection; it only grows."""
    found: int = session.connection().info.get(WRITE_COUNT, 0)
    return found
