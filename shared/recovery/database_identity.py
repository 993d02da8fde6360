"""The identity of the database that holds the tables: if it has changed, they were restored.

A dump is restored into a database with another oid. A base backup that is replayed to a point in
time, and a replica that is promoted, continue on another timeline of PostgreSQL. The row that
stores database and timeline moves with the tables, so it then differs from PostgreSQL's values,
also where no topic shows a loss. A dump that is restored over its own database, and a disk that is
restored to a snapshot, leave no such sign.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.database import Base, Instant
from shared.recovery.recovery_store import last_change_time

CURRENT_IDENTITY = text("""
SELECT system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8), oid
FROM pg_control_system(), pg_database
WHERE datname = current_database() AND NOT pg_is_in_recovery()
""")


class DatabaseIdentity(NamedTuple):
    """A database on one timeline."""

    cluster: int
    """PostgreSQL's system identifier."""

    timeline: str
    number: int
    """Its oid."""


class DatabaseReplacement(NamedTuple):
    """The tables were found in another database than before."""

    lost_from: datetime | None
    """The last change that they had then."""

    noticed_at: datetime


class DatabaseIdentityRow(Base):
    """The database that holds the tables, as noticed last: one row."""

    __tablename__ = "database_identity"

    is_only: Mapped[bool] = mapped_column(primary_key=True)
    cluster: Mapped[int] = mapped_column(BigInteger)
    timeline: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    lost_from: Mapped[datetime | None] = mapped_column(Instant)
    noticed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When a replacement was noticed; None once a recovery handles it, or if there was none."""

    @property
    def identity(self) -> DatabaseIdentity:
        """Return the stored identity."""
        return DatabaseIdentity(self.cluster, self.timeline, self.number)

    def set_identity(self, identity: DatabaseIdentity) -> None:
        """Store an identity."""
        self.cluster, self.timeline, self.number = identity


def detect_and_record_replacement(session: Session, now: datetime) -> bool:
    """Store the identity of the current database; return whether it has replaced another one.

    Called before anything else is written there, so that the last change that is found is the
    last one that was not lost.
    """
    identity, row = current_identity(session), session.scalar(select(DatabaseIdentityRow))
    if identity is None or (row and row.identity == identity):
        return False
    row = get_or_insert_locked_row(session, identity)
    if row.identity == identity:
        return False
    if row.noticed_at is None:
        row.lost_from = last_change_time(session)
    row.noticed_at = now
    row.set_identity(identity)
    return True


def current_identity(session: Session) -> DatabaseIdentity | None:
    """Return the current identity; None in a replica that is not promoted: it takes no writes."""
    found = session.execute(CURRENT_IDENTITY).first()
    return DatabaseIdentity(*found) if found else None


def get_or_insert_locked_row(session: Session, identity: DatabaseIdentity) -> DatabaseIdentityRow:
    """Return the row, locked; it is inserted with this identity if there is none."""
    new = insert(DatabaseIdentityRow).values(is_only=True, **identity._asdict())
    session.execute(new.on_conflict_do_nothing())
    locked = select(DatabaseIdentityRow).with_for_update()
    return session.scalars(locked, execution_options={"populate_existing": True}).one()


def accept_current_identity(session: Session) -> None:
    """Accept the current database: the tables were moved there on purpose, without a loss."""
    if identity := current_identity(session):
        row = get_or_insert_locked_row(session, identity)
        row.set_identity(identity)
        row.lost_from = row.noticed_at = None


def has_unhandled_replacement(session: Session) -> bool:
    """Return whether the database was replaced, and no recovery has handled that yet."""
    return bool(session.scalar(select(DatabaseIdentityRow.noticed_at)))


def pop_replacement(session: Session) -> DatabaseReplacement | None:
    """Return the unhandled replacement, if there is one, and mark it as handled."""
    row = session.scalar(select(DatabaseIdentityRow).with_for_update())
    if row is None or row.noticed_at is None:
        return None
    found = DatabaseReplacement(row.lost_from, row.noticed_at)
    row.lost_from = row.noticed_at = None
    return found
