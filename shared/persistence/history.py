"""The history: every state change, append-only, written in the change's own transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Index, bindparam, func, insert, select
from sqlalchemy import Sequence as Counter
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.statements import CompiledStatement

TAKEN_OVER_REASON = "taken over: told before the database was restored"
"""The reason of a change that a takeover makes; it may skip states. Stored: never change it."""

PARTY_KIND = "party"
"""The kind of a change of a customer's data: an erasure, with its reason."""


class HistoryEntry(NamedTuple):
    """One state change of one thing."""

    at: datetime
    tenant: str
    kind: str
    """What changed: `order`, `item`, `step`, `number`, ..."""

    subject: str
    """Which one: the order's id if it belongs to an order, else its own name."""

    part: str
    """Which part of the subject: an item, a step; the order that held a number."""

    was: str
    """The state before; empty for a new thing."""

    became: str
    reason: str
    cause: UUID
    """The message or request that caused it."""

    actor: str = ""
    """The person or program whose request caused it; empty where a message did."""


class HistoryRow(Base):
    """One change. Partitioned by month."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_subject", "subject", "position"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Counter("history_position"), primary_key=True)
    tenant: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    part: Mapped[str]
    was: Mapped[str]
    became: Mapped[str]
    reason: Mapped[str]
    cause: Mapped[UUID]
    actor: Mapped[str] = mapped_column(server_default="")


HISTORY = table_of(HistoryRow)
COLUMNS = [HISTORY.c[name] for name in HistoryEntry._fields]
INSERT_CHANGES = insert(HISTORY).from_select(
    [*HistoryEntry._fields, "position"],
    select(unnest(COLUMNS), Counter("history_position").next_value()),
)
WRITE_CHANGES = CompiledStatement(INSERT_CHANGES)
SUBJECTS = bindparam("subjects", type_=ARRAY(HISTORY.c.subject.type))


def write(session: Session, changes: Sequence[HistoryEntry]) -> None:
    """Append changes, in their order."""
    if changes:
        WRITE_CHANGES.run(session, bind_arrays(HistoryEntry._fields, changes))


def read(session: Session, tenant: str, subject: str) -> list[HistoryEntry]:
    """Return the whole history of one subject, oldest first."""
    statement = (
        select(*COLUMNS)
        .where(HISTORY.c.subject == subject, HISTORY.c.tenant == tenant)
        .order_by(HISTORY.c.position)
    )
    return [HistoryEntry(*row) for row in session.execute(statement)]


def read_many(
    session: Session, tenant: str, subjects: Collection[str], *, part: str, begin: datetime
) -> list[HistoryEntry]:
    """Return the history of one part of these subjects, oldest first.

    Months before `begin` are not read: each would cost an index lookup per subject.
    """
    statement = (
        select(*COLUMNS)
        .where(HISTORY.c.subject == func.any(SUBJECTS), HISTORY.c.tenant == tenant)
        .where(HISTORY.c.part == part, HISTORY.c.at >= begin)
        .order_by(HISTORY.c.position)
    )
    rows = session.execute(statement, {"subjects": list(subjects)})
    return [HistoryEntry(*row) for row in rows]
