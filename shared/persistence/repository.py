"""Repositories over an identity map: aggregates are read together and written together.

A batch of messages touches hundreds of aggregates. The repository reads them with
one select, returns them one by one, and writes what changed with one
statement when the transaction ends; handlers see one at a time.
"""

import re
from collections.abc import Collection
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Boolean, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shared.errors import ConflictError, ConflictOnWriteError, EarlyMessageError, NotFoundError
from shared.persistence.bulk import insert_new_rows, table_of, update_rows
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

Key = Any
"""One type per repository, hashable and ordered: a UUID or a text."""

WRITTEN_BY_ANOTHER = literal_column("xmin::text <> pg_current_xact_id()::xid::text", Boolean)
"""The row was written by another transaction than this one."""


class ExistsAlreadyError(ConflictError):
    """An aggregate that must be new exists already: a retry cannot help."""

    code = "exists-already"

    def __init__(self, kind: type, key: Key) -> None:
        super().__init__(
            f"there is a {type_name_in_words(kind)} {key} already; a second one is not made",
            remedy="find out who publishes it twice; the existing one is unchanged",
        )


class IdentityMap(Generic[T]):
    """The aggregates of one repository that one transaction has read or put."""

    def __init__(self) -> None:
        self.loaded: dict[Key, T | None] = {}
        self.added: set[Key] = set()
        self.must_be_new: set[Key] = set()
        """Those of `added` that were added without being read before."""

        self.changed: set[Key] = set()
        self.put_count = 0


class Repository(Generic[T]):
    """The frozen dataclasses of one kind, each a row of one table.

    Fields and columns have the same names; the first is the key.
    """

    def __init__(self, table: type[Base], kind: type[T], *, is_mutable: bool = True) -> None:
        """Make a repository; immutable rows are read without locks."""
        self._table = table
        self._kind = kind
        self._names = tuple(field.name for field in fields(kind))
        self._row_of = attrgetter(*self._names)
        columns = [table_of(table).c[name] for name in self._names]
        keys = bindparam("keys", type_=ARRAY(columns[0].type))
        select_rows = select(*columns).where(columns[0] == func.any(keys))
        locked = select_rows.order_by(columns[0]).with_for_update(key_share=True)
        self._select = CompiledStatement(select_rows)
        self._select_for_update = CompiledStatement(locked) if is_mutable else self._select
        existing = select(columns[0]).where(columns[0] == func.any(keys), WRITTEN_BY_ANOTHER)
        self._select_existing = CompiledStatement(existing.order_by(columns[0]).limit(1))

    def _identity_map(self, session: Session) -> IdentityMap[T]:
        identity_map: IdentityMap[T] | None = session.info.get(self)
        if identity_map is None:
            identity_map = session.info[self] = IdentityMap()
        return identity_map

    def preload(self, session: Session, keys: Collection[Key]) -> None:
        """Read and lock, with one select, those that are not loaded yet."""
        identity_map = self._identity_map(session)
        missing = [key for key in dict.fromkeys(keys) if key not in identity_map.loaded]
        if missing:
            identity_map.loaded.update(dict.fromkeys(missing))
            for row in self._select_for_update.rows(session, {"keys": missing}):
                identity_map.loaded[row[0]] = self._kind(*row)

    def find_for_update(self, session: Session, key: Key) -> T | None:
        """Return one, locked until the transaction ends, or None if there is none."""
        loaded = self._identity_map(session).loaded
        if key not in loaded:
            self.preload(session, (key,))
        return loaded[key]

    def get_for_update(self, session: Session, key: Key) -> T:
        """Return one, locked until the transaction ends.

        Raises:
            NotFoundError: if there is none.
        """
        return self._require(self.find_for_update(session, key), key)

    def expect_for_update(self, session: Session, key: Key) -> T:
        """Return one that another message creates, locked until the transaction ends.

        Raises:
            EarlyMessageError: if there is none yet.
        """
        found = self.find_for_update(session, key)
        if found is None:
            msg = f"there is no {type_name_in_words(self._kind)} {key} yet"
            raise EarlyMessageError(msg)
        return found

    def get(self, session: Session, key: Key) -> T:
        """Return one as it was last committed, to show it; nothing is locked.

        Raises:
            NotFoundError: if there is none.
        """
        return self._require(self.find(session, key), key)

    def find(self, session: Session, key: Key) -> T | None:
        """Return one as it was last committed, or None if there is none; nothing is locked."""
        rows = self._select.rows(session, {"keys": [key]})
        return self._kind(*rows[0]) if rows else None

    def _require(self, found: T | None, key: Key) -> T:
        if found is None:
            msg = f"there is no {type_name_in_words(self._kind)} {key}"
            raise NotFoundError(msg)
        return found

    def put(self, session: Session, aggregate: T) -> None:
        """Write one, new or changed, when the transaction ends."""
        key = self._row_of(aggregate)[0]
        identity_map = self._identity_map(session)
        is_new = self.find_for_update(session, key) is None or key in identity_map.added
        (identity_map.added if is_new else identity_map.changed).add(key)
        identity_map.loaded[key] = aggregate
        identity_map.put_count += 1

    def add(self, session: Session, aggregate: T) -> None:
        """Write a new one when the transaction ends; only then is it checked to be new.

        Raises:
            ExistsAlreadyError: if this transaction has read or added it already.
        """
        key = self._row_of(aggregate)[0]
        identity_map = self._identity_map(session)
        if identity_map.loaded.get(key) is not None:
            raise ExistsAlreadyError(self._kind, key)
        identity_map.added.add(key)
        identity_map.must_be_new.add(key)
        identity_map.loaded[key] = aggregate
        identity_map.put_count += 1

    def write(self, session: Session) -> None:
        """Write what was put.

        Raises:
            ExistsAlreadyError: if one that must be new existed already.
            ConflictOnWriteError: if another transaction has added one of the others meanwhile.
        """
        identity_map = self._identity_map(session)
        for keys, write_rows in (
            (identity_map.added, insert_new_rows),
            (identity_map.changed, update_rows),
        ):
            # In key order, so that two transactions never deadlock.
            rows = [self._row_of(identity_map.loaded[key]) for key in sorted(keys)]
            if rows and write_rows(session, self._table, self._names, rows) != len(rows):
                self._refuse_existing(session, identity_map.must_be_new & keys)
                msg = f"another transaction has written one of {len(rows)} {self._kind.__name__}s"
                raise ConflictOnWriteError(msg)
            keys.clear()
        identity_map.must_be_new.clear()

    def _refuse_existing(self, session: Session, keys: Collection[Key]) -> None:
        """Check that no other transaction has written one of these, which must be new.

        Raises:
            ExistsAlreadyError: if one exists.
        """
        for row in self._select_existing.rows(session, {"keys": sorted(keys)}):
            raise ExistsAlreadyError(self._kind, row[0])

    def put_count(self, session: Session) -> int:
        """Return the number of puts in this transaction, written yet or not."""
        return self._identity_map(session).put_count


def type_name_in_words(kind: type) -> str:
    """Return the name of a class in plain words: `work order` for `WorkOrder`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower()


def write_repositories(session: Session) -> None:
    """Write what was put in any repository in this session."""
    for repository in used_repositories(session):
        repository.write(session)


def used_repositories(session: Session) -> list[Repository[Any]]:
    """Return the repositories that this session has used."""
    return [key for key in session.info if isinstance(key, Repository)]
