"""Connections that were lost, and databases that took another's place.

Either is a reason to compare the database with the topics before anything else is written.
A connection that is opened anew may lead to a restored database while no old one was missed yet.
"""

import threading
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import Connection
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker

IDENTITY = (
    "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
)
"""No two databases share both: each is restored under a number of its own, or its server starts."""


class Watch:
    """What is known of the database of one engine; used by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[Any, ...] | None = None
        self.losses = 0

    def note_loss(self) -> None:
        """Count a connection that was lost, or a database that is another one now."""
        with self._lock:
            self.losses += 1

    def is_same(self, identity: tuple[Any, ...]) -> bool:
        """Tell whether this is the database that was found last; count it if it is not."""
        with self._lock:
            is_same = self._known in {None, identity}
            self.losses += not is_same
            self._known = identity
        return is_same


WATCHES: WeakKeyDictionary[Dialect, Watch] = WeakKeyDictionary()
"""By the dialect of an engine, of which each has its own."""


def watch(engine: Engine) -> None:
    """Count from now on what this engine loses."""
    WATCHES[engine.dialect] = found = Watch()
    event.listen(engine, "connect", partial(refuse_another, found))
    event.listen(engine, "handle_error", count_loss)


def refuse_another(found: Watch, connection: Connection[Any], _: object) -> None:
    """Refuse the first connection to a database that is not the one of before.

    Raises:
        psycopg.OperationalError: it is another one; the next connection is taken.
    """
    connection.autocommit = True  # no transaction for one question
    identity = connection.execute(IDENTITY).fetchone()
    connection.autocommit = False
    if identity and not found.is_same(identity):
        connection.close()
        msg = "another database, or a server that was started again, is in the place of the last"
        raise psycopg.OperationalError(msg)


def count_loss(context: ExceptionContext) -> None:
    """Count a connection that was lost, before another can take its place."""
    if context.is_disconnect:
        note_loss(context.dialect)


def note_loss(dialect: Dialect) -> None:
    """Count a connection that was lost on the engine of this dialect."""
    if found := WATCHES.get(dialect):
        found.note_loss()


def losses(sessions: sessionmaker[Session]) -> int:
    """Return how often a database was lost so far, by any thread."""
    return WATCHES[sessions.kw["bind"].dialect].losses
