"""Detection of lost connections and replaced databases.

After either, the database is compared with the topics before anything else is written.
A new connection may reach a restored database before the loss of an old one is noticed.
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
"""No two databases share both: a restored one has another oid, or its server was restarted."""


class ConnectionLosses:
    """How often one engine lost its database; used by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._identity: tuple[Any, ...] | None = None
        self.count = 0

    def note(self) -> None:
        """Count a lost connection or a replaced database."""
        with self._lock:
            self.count += 1

    def note_identity(self, identity: tuple[Any, ...]) -> None:
        """Count a loss if this is not the identity that was found last."""
        with self._lock:
            self.count += self._identity not in {None, identity}
            self._identity = identity


LOSSES_BY_DIALECT: WeakKeyDictionary[Dialect, ConnectionLosses] = WeakKeyDictionary()
"""By the dialect of an engine: each engine has a dialect of its own."""


def start_counting_losses(engine: Engine) -> None:
    """Count from now on how often this engine loses its database."""
    LOSSES_BY_DIALECT[engine.dialect] = losses = ConnectionLosses()
    event.listen(engine, "connect", partial(note_database_identity, losses))
    event.listen(engine, "handle_error", note_loss_if_disconnected)


def note_database_identity(
    losses: ConnectionLosses, connection: Connection[Any], _: object
) -> None:
    """Note which database a new connection reaches, before it is used."""
    connection.autocommit = True  # no transaction for one query
    identity = connection.execute(SELECT_IDENTITY).fetchone()
    connection.autocommit = False
    if identity:
        losses.note_identity(identity)


def note_loss_if_disconnected(context: ExceptionContext) -> None:
    """Count a lost connection before another can replace it."""
    if context.is_disconnect:
        note_loss(context.dialect)


def note_loss(dialect: Dialect) -> None:
    """Count a connection that was lost on the engine of this dialect."""
    if losses := LOSSES_BY_DIALECT.get(dialect):
        losses.note()


def loss_count(sessions: sessionmaker[Session]) -> int:
    """Return how often a database was lost so far, by any thread; 0 where that is not counted."""
    losses = LOSSES_BY_DIALECT.get(sessions.kw["bind"].dialect)
    return losses.count if losses else 0
