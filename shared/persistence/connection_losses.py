"""Connections that were lost, and databases that took another's place.

Either is a reason to compare the database with the topics before anything else is written.
A connection that is opened anew may lead to a restored database while no old one was missed yet.
"""

import threading
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker

SELECT_IDENTITY = (
    "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
)
"""No two databases share both: each is restored under a number of its own, or its server starts."""


class ConnectionLosses:
    """How often one engine lost its database; used by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._identity: tuple[Any, ...] | None = None
        self.count = 0

    def note(self) -> None:
        """Count a connection that was lost, or a database that is another one now."""
        with self._lock:
            self.count += 1

    def note_identity(self, identity: tuple[Any, ...]) -> None:
        """Count the database as lost if this is not the one that was found last."""
        with self._lock:
            self.count += self._identity not in {None, identity}
            self._identity = identity


LOSSES_BY_DIALECT: WeakKeyDictionary[Dialect, ConnectionLosses] = WeakKeyDictionary()
"""By the dialect of an engine: each engine has a dialect of its own."""


def count_losses(engine: Engine) -> None:
    """Count from now on how often this engine loses its database."""
    LOSSES_BY_DIALECT[engine.dialect] = found = ConnectionLosses()
    event.listen(engine, "connect", partial(check_identity, found))
    event.listen(engine, "handle_error", count_loss)


def check_identity(found: ConnectionLosses, connection: Connection[Any], _: object) -> None:
    """Note which database a new connection leads to, before anything is done on it."""
    connection.autocommit = True  # no transaction for one question
    identity = connection.execute(SELECT_IDENTITY).fetchone()
    connection.autocommit = False
    if identity:
        found.note_identity(identity)


def count_loss(context: ExceptionContext) -> None:
    """Count a connection that was lost, before another can take its place."""
    if context.is_disconnect:
        note_loss(context.dialect)


def note_loss(dialect: Dialect) -> None:
    """Count a connection that was lost on the engine of this dialect."""
    if found := LOSSES_BY_DIALECT.get(dialect):
        found.note()


def loss_count(sessions: sessionmaker[Session]) -> int:
    """Return how often a database was lost so far, by any thread; 0 where that is not counted."""
    found = LOSSES_BY_DIALECT.get(sessions.kw["bind"].dialect)
    return found.count if found else 0
