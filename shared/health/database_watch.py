"""Whether a process's database is there and takes writes, and what waits in it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import Engine, NullPool, QueuePool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.calls.element_limits import Limits
from shared.health.database_counts import DatabaseCounts, count_database
from shared.health.trouble_sources import database_count_troubles
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.connection_errors import unreachable_reason
from shared.persistence.database import MAX_CONNECTIONS, Sessions, make_plain_engine
from shared.persistence.write_probe import READ_ONLY_SQLSTATE, WRITE_REFUSALS, probe_write

ANSWER_TIMEOUT_S = 2.0
"""Seconds in which the database has to answer."""

STATEMENT_TIMEOUT_MS = "1000"
"""Milliseconds that one statement of ours may take."""

QUERY_CANCELED = "57014"
"""The SQLSTATE of a statement that took longer than it may."""

STATE_QUERY = text(
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
    f" set_config('statement_timeout', '{STATEMENT_TIMEOUT_MS}', true)"
)

WRITE_REFUSAL_TEXTS = {
    TroubleKind.DATABASE_FULL: (
        "PostgreSQL's disk is full: it refuses every write",
        "free or add disk space on its server; writes are tried again by themselves",
    ),
    TroubleKind.DATABASE_READ_ONLY: (
        "PostgreSQL is read-only: it refuses every write",
        "promote it or name the primary in the setting, or unset default_transaction_read_only",
    ),
}
"""What is wrong, and what to do, by the kind of refusal."""


EXPLAINED_BY_OUTAGE = (TroubleKind.DATABASE_UNPROVEN, TroubleKind.HANG)
"""Troubles of a process that only waits for a database that is out."""

DatabaseTroubleSource: TypeAlias = Callable[[Session, datetime], Iterable[Trouble]]
"""Reads from a service's database what is wrong with it at a time.

It is called about every five seconds in each process, in a thread, with a short statement
time-out: it reads by an index, and only counts.
"""


class DatabaseFindings(NamedTuple):
    """What was found; no figures where the database did not tell."""

    database_counts: DatabaseCounts | None
    troubles: list[Trouble]


class DatabaseWatch:
    """Asks one process's database how it is, in a thread of its own."""

    def __init__(
        self,
        service: str,
        sessions: Sessions,
        sources: Sequence[DatabaseTroubleSource],
        limits: Callable[[Session], Limits],
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
        """Return how the database is; that it is out, if it does not answer in time.

        A question without an answer keeps the thread, and is the next one's question too.
        """
        if self._pending_check is None:
            loop = asyncio.get_running_loop()
            self._pending_check = loop.run_in_executor(self._thread, self._check_now)
        done, _ = await asyncio.wait({self._pending_check}, timeout=ANSWER_TIMEOUT_S)
        if not done:
            return (
                slow_database()
                if self._has_answered
                else self._out(TimeoutError("timeout: no answer"))
            )
        answered, self._pending_check = self._pending_check, None
        return answered.result()

    def _check_now(self) -> DatabaseFindings:
        now, self._has_answered = datetime.now(UTC), False
        try:
            with self._session() as session:
                if session.execute(STATE_QUERY).one()[0]:
                    WRITE_REFUSALS.note(READ_ONLY_SQLSTATE)
                self._has_answered = True
                database_counts = count_database(session, now, self._limits)
                own = [each for source in self._sources for each in source(session, now)]
        except SQLAlchemyError as error:
            return slow_database() if sqlstate_of(error) == QUERY_CANCELED else self._out(error)
        self._out_since = None
        return DatabaseFindings(
            database_counts, [*self._refused(), *database_count_troubles(database_counts), *own]
        )

    def _session(self) -> Session:
        """Open a session on a connection of the pool, or on its own where the pool is used up."""
        pool = self._engine.pool
        is_used_up = isinstance(pool, QueuePool) and pool.checkedout() >= MAX_CONNECTIONS
        return Session(self._probe_engine if is_used_up else self._engine)

    def _out(self, error: Exception) -> DatabaseFindings:
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

    def _refused(self) -> list[Trouble]:
        """Return the trouble that writes are refused, unless one works now."""
        if WRITE_REFUSALS.refusal and self._takes_writes():
            WRITE_REFUSALS.clear()
            self._engine.dispose()  # its connections may be to a server that only reads
        if not (kind := WRITE_REFUSALS.refusal):
            return []
        says, remedy = WRITE_REFUSAL_TEXTS[kind]
        return [Trouble(kind=kind, says=says, remedy=remedy, oldest_age_s=WRITE_REFUSALS.age_s)]

    def _takes_writes(self) -> bool:
        """Tell whether a write works, on a new connection; nothing is left of it."""
        try:
            with Session(self._probe_engine) as session:
                probe_write(session)
                session.rollback()
        except SQLAlchemyError as error:
            WRITE_REFUSALS.note(sqlstate_of(error))
            return False
        return True


def slow_database() -> DatabaseFindings:
    """Return that the database answers, and takes too long to count what waits in it."""
    says = "PostgreSQL takes more than a second to count what waits; what else is wrong is unknown"
    remedy = "see pg_stat_activity for what keeps it busy, and whether autovacuum runs"
    return DatabaseFindings(
        None, [Trouble(kind=TroubleKind.DATABASE_SLOW, says=says, remedy=remedy)]
    )


def sqlstate_of(error: SQLAlchemyError) -> str:
    """Return the code that PostgreSQL gave an error, or nothing."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
