"""The database of one service: base class, column types, engine, sessions."""

from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from psycopg import Connection
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import DateTime, Dialect, Engine, Enum, LargeBinary, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

Sessions = sessionmaker[Session]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table. Constraint names are fixed, so migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


def words(kind: type[StrEnum]) -> Enum:
    """Return the column type that stores an enumeration by its values, as text."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


Instant = DateTime(timezone=True)


class Packed(TypeDecorator[Any]):
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


def packed(kind: Any) -> Packed:  # noqa: ANN401  any type msgspec can tell apart
    """Return the column type for values of `kind`, a struct, dataclass or tuple of such."""
    return Packed(kind)


Url: TypeAlias = str
"""SQLAlchemy URL, `postgresql+psycopg://role:password@host:port/database`."""

CONNECTIONS = 8
"""For one process: the writing thread, and as many readers as one machine's core can feed."""


def make_sessions(url: Url) -> Sessions:
    """Return a factory of sessions on the database at `url`."""
    return sessionmaker(make_engine(url), expire_on_commit=False)


def make_engine(url: Url) -> Engine:
    """Return an engine set up for statements that carry many rows."""
    engine = create_engine(
        url, pool_size=2, max_overflow=CONNECTIONS - 2, connect_args={"connect_timeout": 5}
    )
    event.listen(engine, "connect", prefer_binary_arrays)
    return engine


def prefer_binary_arrays(connection: Connection[Any], _: object) -> None:
    """Send lists as they are; as text, each item costs two regular expressions."""
    connection.adapters.register_dumper(list, ListBinaryDumper)
