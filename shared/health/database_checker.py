"""Check whether a process's database is reachable and accepts writes, and count its backlogs."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import Engine, NullPool, QueuePool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.calls.element_limits import LimitConfiguration
from shared.health.common_troubles import database_count_troubles
from shared.health.database_counts import DatabaseCounts, count_backlogs
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.connection_errors import unreachable_reason
from shared.persistence.database import MAX_CONNECTIONS, Sessions, make_plain_engine
from shared.persistence.sqlstates import QUERY_CANCELED, READ_ONLY, sqlstate_of
from shared.persistence.write_probe import WRITE_REFUSALS, probe_write

ANSWER_TIMEOUT_S = 2.0
"""Seconds in which the database has to answer."""

STATEMENT_TIMEOUT_MS = "1000"
"""Milliseconds that one statement of the check may take."""

STATE_QUERY = text(
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
    f" set_config('statement_timeout', '{STATEMENT_TIMEOUT_MS}', true)"
)

WRITE_REFUSAL_TEXTS = {
    TroubleKind.DATABASE_FULL: (
        "PostgreSQL's disk is full: it refuses every write",
        "free or add disk space on its server; writes are retried automatically",
    ),
    TroubleKind.DATABASE_READ_ONLY: (
        "PostgreSQL is read-only: it refuses every write",
        "promote it or name the primary in the setting, or unset default_transaction_read_only",
    ),
}
"""The fault and its remedy, by the kind of refusal."""


EXPLAINED_BY_OUTAGE = (TroubleKind.DATABASE_UNPROVEN, TroubleKind.HANG)
"""Troubles that only follow from a database outage."""

DatabaseTroubleSource: TypeAlias = Callable[[Session, datetime], Iterable[Trouble]]
"""Reads a service's troubles at a time from its database.

It is called about every five seconds in each process, in a thread, with a short statement
time-out: it must read by an index, and only count.
"""


class DatabaseFindings(NamedTuple):
    """Result of a check; the counts are None if the database did not answer."""

    database_counts: DatabaseCounts | None
    troubles: list[Trouble]


class DatabaseChecker:
    """Checks one process's database in a thread of its own."""

    def __init__(
        self,
        service: str,
        sessions: Sessions,
        sources: Sequence[DatabaseTroubleSource],
        limits: Callable[[Session], LimitConfiguration],
    ) -> None:
        self._service = service
        self._engine: Engine = sessions.kw["bind"]
        self._sources = sources
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "monitor")
        self._pending_check: asyncio.Future[DatabaseFindings] | None = None
        self._out_since: float | None = None
        self._has_answered = False
        options = {
            "connect_timeout": round(ANSWER_TIMEOUT_S),
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        }
        url = self._engine.url.render_as_string(hide_password=False)
        self._probe_engine = make_plain_engine(url, poolclass=NullPool, connect_args=options)

    async def check(self) -> DatabaseFindings:
        """Return the database's counts and troubles; the trouble "out" if it does not answer.

        A check without an answer keeps the thread, and the next call waits for the same check.
        """
        if self._pending_check is None:
            loop = asyncio.get_running_loop()
            self._pending_check = loop.run_in_executor(self._thread, self._check_now)
        done, _ = await asyncio.wait({self._pending_check}, timeout=ANSWER_TIMEOUT_S)
        if not done:
            return (
                slow_database_findings()
                if self._has_answered
                else self._outage_findings(TimeoutError("timeout: no answer"))
            )
        finished, self._pending_check = self._pending_check, None
        return finished.result()

    def _check_now(self) -> DatabaseFindings:
        now, self._has_answered = datetime.now(UTC), False
        try:
            with self._session() as session:
                if session.execute(STATE_QUERY).one()[0]:
                    WRITE_REFUSALS.note(READ_ONLY)
                self._has_answered = True
                database_counts = count_backlogs(session, now, self._limits)
                own = [each for source in self._sources for each in source(session, now)]
        except SQLAlchemyError as error:
            return (
                slow_database_findings()
                if sqlstate_of(error) == QUERY_CANCELED
                else self._outage_findings(error)
            )
        self._out_since = None
        return DatabaseFindings(
            database_counts,
            [*self._recheck_writes(), *database_count_troubles(database_counts), *own],
        )

    def _session(self) -> Session:
        """Open a session on a pooled connection, or on a separate one if the pool is exhausted."""
        pool = self._engine.pool
        is_exhausted = isinstance(pool, QueuePool) and pool.checkedout() >= MAX_CONNECTIONS
        return Session(self._probe_engine if is_exhausted else self._engine)

    def _outage_findings(self, error: Exception) -> DatabaseFindings:
        self._out_since = self._out_since or time.monotonic()
        why, remedy = unreachable_reason(self._service, error)
        age = time.monotonic() - self._out_since
        says = f"PostgreSQL {why}: requests are refused, messages wait"
        out = Trouble(
            kind=TroubleKind.DATABASE_OUT,
            says=says,
            remedy=remedy,
            oldest_age_s=age,
            explains=EXPLAINED_BY_OUTAGE,
        )
        return DatabaseFindings(None, [out])

    def _recheck_writes(self) -> list[Trouble]:
        """Return the trouble that writes are refused, unless a trial write succeeds now."""
        if WRITE_REFUSALS.refusal and self._accepts_writes():
            WRITE_REFUSALS.clear()
            self._engine.dispose()  # its connections may be to a read-only server
        if not (kind := WRITE_REFUSALS.refusal):
            return []
        says, remedy = WRITE_REFUSAL_TEXTS[kind]
        return [Trouble(kind=kind, says=says, remedy=remedy, oldest_age_s=WRITE_REFUSALS.age_s)]

    def _accepts_writes(self) -> bool:
        """Tell whether a write succeeds on a new connection; it is rolled back."""
        try:
            with Session(self._probe_engine) as session:
                probe_write(session)
                session.rollback()
        except SQLAlchemyError as error:
            WRITE_REFUSALS.note(sqlstate_of(error))
            return False
        return True


def slow_database_findings() -> DatabaseFindings:
    """Return the trouble of a database that answers, but takes too long for the counts."""
    says = "PostgreSQL takes more than a second to count backlogs; other troubles are unknown"
    remedy = "see pg_stat_activity for long queries, and check whether autovacuum runs"
    return DatabaseFindings(
        None, [Trouble(kind=TroubleKind.DATABASE_SLOW, says=says, remedy=remedy)]
    )
