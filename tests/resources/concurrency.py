"""Concurrent transactions, as those of several workers."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources.commands.assignment import assign
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from shared.contracts import AssignmentRequested, ResourcesRefused
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.builders import assigned_values

T = TypeVar("T")
TIMEOUT_S = 60.0
"""Seconds; a longer wait is a failure."""


def assign_values(session: Session, *orders: AssignmentRequested) -> list[str | None]:
    """Assign as a worker does; return the first value of each order, None if it was refused."""
    session.execute(text(f"SET LOCAL lock_timeout = '{TIMEOUT_S}s'"))
    requests = [AssignmentRequest(TENANT, each) for each in orders]
    shares = assign(session, requests, NOON)
    return [
        None if isinstance(share.answer, ResourcesRefused) else assigned_values(share.answer)[0]
        for share in shares
    ]


def waits_for_lock(sessions: Sessions, future: "Future[T]", besides: int = 0) -> bool:
    """Tell whether a future waits for a lock, besides `besides` others, before it is done."""
    deadline = monotonic() + TIMEOUT_S
    query = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    while monotonic() < deadline and not future.done():
        with sessions() as session:
            if session.scalar(query) > besides:
                return True
    return False


def lock(session: Session, table: str, name: str) -> None:
    """Lock one number or item, as a transaction does that may leave it."""
    column = "e164" if table == "numbers" else "value"
    statement = text(f"SELECT 1 FROM {table} WHERE {column} = :name FOR UPDATE")  # noqa: S608
    assert session.scalar(statement, {"name": name})


def deadlocks(sessions: Sessions) -> int:
    """Return how many deadlocks the database has had to break."""
    query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with sessions() as session:
        session.execute(text("SELECT pg_stat_clear_snapshot()"))
        found = session.scalar(query)
        assert isinstance(found, int)
        return found


def in_own_thread(sessions: Sessions, do: Callable[[Session], T]) -> "Future[T]":
    """Run a function in its own transaction, in its own thread."""

    def work() -> T:
        with sessions.begin() as session:
            return do(session)

    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future
