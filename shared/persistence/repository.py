"""Aggregates at hand: read together, changed in memory, written together.

A batch of messages touches hundreds of aggregates. The shelf reads them with
one select, lends them out one by one, and writes what changed with one
statement when the transaction ends; the code in between sees one at a time.
"""

import re
from collections.abc import Collection
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Boolean, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shared.errors import CollisionError, ConflictError, NotFoundError, TooEarlyError
from shared.persistence.bulk import insert_rows, table_of, update_rows
from shared.persistence.database import Base
from shared.persistence.statements import Prepared

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

Key = Any
"""Of one type within a shelf, hashable and with an order: a UUID or a text."""

BY_ANOTHER = literal_column("xmin::text <> pg_current_xact_id()::xid::text", Boolean)
"""The row was written by another transaction than this one."""


class ExistsAlreadyError(ConflictError):
    """A thing that must be new is there already: trying again cannot help."""

    code = "exists-already"

    def __init__(self, kind: type, key: Key) -> None:
        super().__init__(
            f"there is a {spoken(kind)} {key} already; a second one is not made",
            remedy="find out who tells it twice; what is there stays as it is",
        )


class Loans(Generic[T]):
    """What one transaction has taken from one shelf."""

    def __init__(self) -> None:
        self.known: dict[Key, T | None] = {}
        self.added: set[Key] = set()
        self.must_be_new: set[Key] = set()
        """Of the added ones, those that nothing was read of before."""

        self.changed: set[Key] = set()
        self.puts = 0


class Shelf(Generic[T]):
    """The frozen dataclasses of one kind, each a row of one table.

    Fields and columns have the same names; the first is the key.
    """

    def __init__(self, table: type[Base], kind: type[T], *, changes: bool = True) -> None:
        """Make a shelf; rows that never change once they are there need no locks."""
        self._table = table
        self._kind = kind
        self._names = tuple(field.name for field in fields(kind))
        self._row_of = attrgetter(*self._names)
        columns = [table_of(table).c[name] for name in self._names]
        keys = bindparam("keys", type_=ARRAY(columns[0].type))
        look = select(*columns).where(columns[0] == func.any(keys))
        locked = look.order_by(columns[0]).with_for_update(key_share=True)
        self._look = Prepared(look)
        self._lend = Prepared(locked) if changes else self._look
        there = select(columns[0]).where(columns[0] == func.any(keys), BY_ANOTHER)
        self._there = Prepared(there.order_by(columns[0]).limit(1))

    def _loans(self, session: Session) -> Loans[T]:
        loans: Loans[T] | None = session.info.get(self)
        if loans is None:
            loans = session.info[self] = Loans()
        return loans

    def preload(self, session: Session, keys: Collection[Key]) -> None:
        """Read and lock, with one select, those that are not at hand yet."""
        loans = self._loans(session)
        missing = [key for key in dict.fromkeys(keys) if key not in loans.known]
        if missing:
            loans.known.update(dict.fromkeys(missing))
            for row in self._lend.rows(session, {"keys": missing}):
                loans.known[row[0]] = self._kind(*row)

    def find(self, session: Session, key: Key) -> T | None:
        """Return one, locked until the transaction ends, or None if there is none."""
        known = self._loans(session).known
        if key not in known:
            self.preload(session, (key,))
        return known[key]

    def get(self, session: Session, key: Key) -> T:
        """Return one, locked until the transaction ends.

        Raises:
            NotFoundError: if there is none.
        """
        return self._must_be(self.find(session, key), key)

    def expect(self, session: Session, key: Key) -> T:
        """Return one that another message makes known, locked until the transaction ends.

        Raises:
            TooEarlyError: if there is none yet.
        """
        found = self.find(session, key)
        if found is None:
            msg = f"there is no {spoken(self._kind)} {key} yet"
            raise TooEarlyError(msg)
        return found

    def look(self, session: Session, key: Key) -> T:
        """Return one as it was last committed, to show it; nothing is locked.

        Raises:
            NotFoundError: if there is none.
        """
        return self._must_be(self.seen(session, key), key)

    def seen(self, session: Session, key: Key) -> T | None:
        """Return one as it was last committed, or None if there is none; nothing is locked."""
        rows = self._look.rows(session, {"keys": [key]})
        return self._kind(*rows[0]) if rows else None

    def _must_be(self, found: T | None, key: Key) -> T:
        if found is None:
            msg = f"there is no {spoken(self._kind)} {key}"
            raise NotFoundError(msg)
        return found

    def put(self, session: Session, thing: T) -> None:
        """Write one, new or changed, when the transaction ends."""
        key = self._row_of(thing)[0]
        loans = self._loans(session)
        is_new = self.find(session, key) is None or key in loans.added
        (loans.added if is_new else loans.changed).add(key)
        loans.known[key] = thing
        loans.puts += 1

    def add(self, session: Session, thing: T) -> None:
        """Write a new one when the transaction ends; whether it is new is seen only then.

        Raises:
            ExistsAlreadyError: if it is known in this transaction already.
        """
        key = self._row_of(thing)[0]
        loans = self._loans(session)
        if loans.known.get(key) is not None:
            raise ExistsAlreadyError(self._kind, key)
        loans.added.add(key)
        loans.must_be_new.add(key)
        loans.known[key] = thing
        loans.puts += 1

    def write(self, session: Session) -> None:
        """Write what was put.

        Raises:
            ExistsAlreadyError: if one that must be new was there already.
            CollisionError: if another transaction has added one of the others meanwhile.
        """
        loans = self._loans(session)
        for keys, write_rows in ((loans.added, insert_rows), (loans.changed, update_rows)):
            # In one order, so that two transactions never wait for each other in a circle.
            rows = [self._row_of(loans.known[key]) for key in sorted(keys)]
            if rows and write_rows(session, self._table, self._names, rows) != len(rows):
                self._refuse_known(session, loans.must_be_new & keys)
                msg = f"another transaction has written one of {len(rows)} {self._kind.__name__}s"
                raise CollisionError(msg)
            keys.clear()
        loans.must_be_new.clear()

    def _refuse_known(self, session: Session, keys: Collection[Key]) -> None:
        """Let nothing that must be new be there already, by another transaction.

        Raises:
            ExistsAlreadyError: if something is.
        """
        for row in self._there.rows(session, {"keys": sorted(keys)}):
            raise ExistsAlreadyError(self._kind, row[0])

    def puts(self, session: Session) -> int:
        """Return how often anything was put in this transaction, written yet or not."""
        return self._loans(session).puts


def spoken(kind: type) -> str:
    """Return what people call a thing: `WorkOrder` is a work order."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower()


def write_shelves(session: Session) -> None:
    """Write what was put on any shelf in this session."""
    for shelf in shelves(session):
        shelf.write(session)


def shelves(session: Session) -> list[Shelf[Any]]:
    """Return the shelves that this session has used."""
    return [key for key in session.info if isinstance(key, Shelf)]
