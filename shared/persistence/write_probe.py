"""Whether the database accepts writes: a refusal is remembered until a write succeeds.

A server with a full disk, or a read-only one, still answers every query, so that a reachable
database proves nothing about requests that write.
"""

import time
from dataclasses import dataclass, field
from threading import Lock

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.observability.troubles import TroubleKind
from shared.persistence.sqlstates import DISK_FULL, READ_ONLY

REFUSAL_KINDS = {
    DISK_FULL: TroubleKind.DATABASE_FULL,
    READ_ONLY: TroubleKind.DATABASE_READ_ONLY,
}
"""SQLSTATEs by which PostgreSQL refuses every write."""

PROBE_STATEMENTS = (
    text("CREATE TABLE kaitong_write_probe (filler bytea NOT NULL)"),
    text("ALTER TABLE kaitong_write_probe ALTER filler SET STORAGE PLAIN"),
    text(
        "INSERT INTO kaitong_write_probe"
        " SELECT decode(repeat('5a', 7000), 'hex') FROM generate_series(1, 64)"
    ),
)
"""Half a megabyte of new pages: a row that fits into an old page proves nothing."""


@dataclass(slots=True)
class WriteRefusals:
    """The last refusal of one process's database."""

    refusal: TroubleKind | None = None
    since: float | None = None
    """On the monotonic clock."""

    _lock: Lock = field(default_factory=Lock)

    def note(self, sqlstate: str) -> None:
        """Remember a refusal, if a statement failed with one."""
        if kind := REFUSAL_KINDS.get(sqlstate):
            with self._lock:
                self.since = self.since or time.monotonic()
                self.refusal = kind

    @property
    def age_s(self) -> float:
        """How long writes have been refused, in seconds."""
        return 0.0 if self.since is None else time.monotonic() - self.since

    def clear(self) -> None:
        """Clear the refusal: a write has succeeded."""
        with self._lock:
            self.refusal = self.since = None


WRITE_REFUSALS = WriteRefusals()
"""Of this process, which has one database."""


def probe_write(session: Session) -> None:
    """Write what needs new pages on the server's disk; the caller rolls it back.

    Raises:
        DBAPIError: if the server still refuses writes.
    """
    for statement in PROBE_STATEMENTS:
        session.execute(statement)


def is_unpromoted(error: BaseException) -> bool:
    """Return whether the server refused to begin a read-write transaction: it is still a standby.

    By the function that refuses: the text depends on the server's language.
    """
    return (
        isinstance(error, psycopg.errors.FeatureNotSupported)
        and error.diag.source_function == "call_bool_check_hook"
    )
