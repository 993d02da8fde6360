"""The audit log: accountable actions of persons, append-only and chained by hashes.

Each entry holds a hash of itself and of the one before it, so that an entry which is
changed, removed or inserted breaks the chain from there on. Entries are written at
the end of their transaction, one transaction at a time; orders write none.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Index, Select, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.bulk import insert_new_rows, table_of
from shared.persistence.database import Base, Instant

INITIAL_HASH = b""
"""The hash before the first entry."""

LOCK_CHAIN = text("SELECT pg_advisory_xact_lock(hashtext('kaitong.audit'))")


class AuditEntry(NamedTuple):
    """One action of a person or program."""

    at: datetime
    tenant: str
    actor: str
    """The person or program, as the token names it."""

    client: str
    role: str
    action: str
    """For example `customer.erase`, `access.grant`, `fallout.skip`."""

    subject: str
    """What it was done to, by an id that reveals nothing about a person."""

    things: int
    """How many things it was done to."""

    reason: str
    cause: UUID
    """The request."""


class AuditRow(Base):
    """One entry."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_tenant", "tenant", "position"),
        Index("ix_audit_subject", "tenant", "subject", "position"),
        Index("ix_audit_actor", "tenant", "actor", "position"),
    )

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Counts the entries of this database from 1, without gaps."""

    at: Mapped[datetime] = mapped_column(Instant)
    tenant: Mapped[str]
    actor: Mapped[str]
    client: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    things: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    cause: Mapped[UUID]
    hash: Mapped[bytes]
    """SHA-256 of the previous hash and this entry."""


TABLE = table_of(AuditRow)
ENTRY_COLUMNS = [TABLE.c[name] for name in AuditEntry._fields]
SELECT_LAST = select(TABLE.c.position, TABLE.c.hash).order_by(TABLE.c.position.desc()).limit(1)
CHUNK_ROWS = 1000


def append(session: Session, entries: Sequence[AuditEntry]) -> None:
    """Append entries; other transactions that append wait until this one ends."""
    if not entries:
        return
    session.execute(LOCK_CHAIN)
    last = session.execute(SELECT_LAST).one_or_none()
    position, previous = (last.position, last.hash) if last else (0, INITIAL_HASH)
    rows = []
    for each in entries:
        position, previous = position + 1, chain_hash(previous, each)
        rows.append((position, *each, previous))
    insert_new_rows(session, AuditRow, ("position", *AuditEntry._fields, "hash"), rows)


def chain_hash(previous: bytes, entry: AuditEntry) -> bytes:
    """Return the hash of an entry, chained to the previous hash."""
    at = int(entry.at.timestamp() * 1_000_000)
    content = msgspec.json.encode([at, *entry[1:]])
    return hashlib.sha256(previous + content).digest()


def read_entries(  # noqa: PLR0913  each narrows what is read
    session: Session, tenant: str, *, after: int, limit: int, subject: str = "", actor: str = ""
) -> list[tuple[int, AuditEntry]]:
    """Return entries of a tenant after a position, oldest first."""
    found: Select[Any] = select(TABLE.c.position, *ENTRY_COLUMNS)
    found = found.where(TABLE.c.tenant == tenant, TABLE.c.position > after)
    if subject:
        found = found.where(TABLE.c.subject == subject)
    if actor:
        found = found.where(TABLE.c.actor == actor)
    rows = session.execute(found.order_by(TABLE.c.position).limit(limit))
    return [(row[0], AuditEntry(*row[1:])) for row in rows]


def first_broken_position(session: Session) -> int | None:
    """Return the position of the first entry that does not follow on the previous one."""
    previous, expected = INITIAL_HASH, 1
    for position, entry, hash_ in _iterate(session):
        previous = chain_hash(previous, entry)
        if position != expected or hash_ != previous:
            return expected
        expected += 1
    return None


def _iterate(session: Session) -> Iterator[tuple[int, AuditEntry, bytes]]:
    after = 0
    everything = select(TABLE.c.position, TABLE.c.hash, *ENTRY_COLUMNS).order_by(TABLE.c.position)
    while rows := session.execute(
        everything.where(TABLE.c.position > after).limit(CHUNK_ROWS)
    ).all():
        for row in rows:
            yield row[0], AuditEntry(*row[2:]), row[1]
        after = rows[-1][0]
