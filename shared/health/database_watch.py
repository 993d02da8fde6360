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
from shared.health.figures import Figures, count
from shared.health.trouble_sources import of_figures
from shared.observability.troubles import Kind, Trouble
from shared.persistence.connection_errors import why_unreachable
from shared.persistence.database import CONNECTIONS, Sessions, make_plain_engine
from shared.persistence.write_probe import READ_ONLY, WRITES, probe

ANSWER_S = 2.0
"""Seconds in which the database has to answer."""

TIME_OUT = "1000"
"""Milliseconds that one statement of ours may take."""

CANCELLED = "57014"
"""The SQLSTATE of a statement that took longer than it may."""

LOOK = text(
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
    f" set_config('statement_timeout', '{TIME_OUT}', true)"
)

REFUSED = {
    Kind.DATABASE_FULL: (
        "PostgreSQL's disk is full: it refuses every write",
        "free or add disk space on its server; writes are tried again by themselves",
    ),
    Kind.DATABASE_READ_ONLY: (
        "PostgreSQL is read-only: it refuses every write",
        "promote it or name the primary in the setting, or unset default_transaction_read_only",
    ),
}
"""What is wrong, and what to do, by the kind of refusal."""


WAITING_FOR_IT = (Kind.DATABASE_UNPROVEN, Kind.HANG)
"""Troubles of a process that only waits for a database that is out."""

Source: TypeAlias = Callable[[Session, datetime], Iterable[Trouble]]
"""Reads from a service's database what is wrong with it at a time.

It is called about every five seconds in each process, in a thread, with a short statement
time-out: it reads by an index, and only counts.
"""


class Seen(NamedTuple):
    """What was found; no figures where the database did not tell."""

    figures: Figures | None
    troubles: list[Trouble]


class DatabaseWatch:
    """Asks one process's database how it is, in a thread of its own."""

    def __init__(
        self,
        service: str,
        sessions: Sessions,
        sources: Sequence[Source],
        limits: Callable[[Session], Limits],
    ) -> None:
        self._service = service
        self._engine: Engine = sessions.kw["bind"]
        self._sources = sources
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "monitor")
        self._asking: asyncio.Future[Seen] | None = None
        self._out_since: float | None = None
        self._has_answered = False
        options = {
            "connect_timeout": round(ANSWER_S),
            "options": f"-c statement_timeout={TIME_OUT}",
        }
        url = self._engine.url.render_as_string(hide_password=False)
        self._fresh = make_plain_engine(url, poolclass=NullPool, connect_args=options)

    async def ask(self) -> Seen:
        """Return how the database is; that it is out, if it does not answer in time.

        A question without an answer keeps the thread, and is the next one's question too.
        """
        if self._asking is None:
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._look)
        done, _ = await asyncio.wait({self._asking}, timeout=ANSWER_S)
        if not done:
            return slow() if self._has_answered else self._out(TimeoutError("timeout: no answer"))
        answered, self._asking = self._asking, None
        return answered.result()

    def _look(self) -> Seen:
        now, self._has_answered = datetime.now(UTC), False
        try:
            with self._session() as session:
                if session.execute(LOOK).one()[0]:
                    WRITES.note(READ_ONLY)
                self._has_answered = True
                figures = count(session, now, self._limits)
                own = [each for source in self._sources for each in source(session, now)]
        except SQLAlchemyError as error:
            return slow() if sqlstate(error) == CANCELLED else self._out(error)
        self._out_since = None
        return Seen(figures, [*self._refused(), *of_figures(figures), *own])

    def _session(self) -> Session:
        """Open a session on a connection of the pool, or on its own where the pool is used up."""
        pool = self._engine.pool
        is_used_up = isinstance(pool, QueuePool) and pool.checkedout() >= CONNECTIONS
        return Session(self._fresh if is_used_up else self._engine)

    def _out(self, error: Exception) -> Seen:
        self._out_since = self._out_since or time.monotonic()
        why, remedy = why_unreachable(self._service, error)
        age = time.monotonic() - self._out_since
        says = f"PostgreSQL {why}: requests are refused, messages wait"
        out = Trouble(
            kind=Kind.DATABASE_OUT,
            says=says,
            remedy=remedy,
            oldest_age_s=age,
            explains=WAITING_FOR_IT,
        )
        return Seen(None, [out])

    def _refused(self) -> list[Trouble]:
        """Return the trouble that writes are refused, unless one works now."""
        if WRITES.refusal and self._takes_writes():
            WRITES.work()
            self._engine.dispose()  # its connections may be to a server that only reads
        if not (kind := WRITES.refusal):
            return []
        says, remedy = REFUSED[kind]
        return [Trouble(kind=kind, says=says, remedy=remedy, oldest_age_s=WRITES.age_s)]

    def _takes_writes(self) -> bool:
        """Tell whether a write works, on a new connection; nothing is left of it."""
        try:
            with Session(self._fresh) as session:
                probe(session)
                session.rollback()
        except SQLAlchemyError as error:
            WRITES.note(sqlstate(error))
            return False
        return True


def slow() -> Seen:
    """Return that the database answers, and takes too long to count what waits in it."""
    says = "PostgreSQL takes more than a second to count what waits; what else is wrong is unknown"
    remedy = "see pg_stat_activity for what keeps it busy, and whether autovacuum runs"
    return Seen(None, [Trouble(kind=Kind.DATABASE_SLOW, says=says, remedy=remedy)])


def sqlstate(error: SQLAlchemyError) -> str:
    """Return the code that PostgreSQL gave an error, or nothing."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
