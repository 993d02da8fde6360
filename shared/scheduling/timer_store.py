"""Timers: messages that a service tells itself, to be handled when they are due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import Envelope, Message, encode
from shared.messaging.after_commit import Callback, do_nothing
from shared.messaging.outbox import Draft
from shared.messaging.unit_of_work import Work
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.statements import Prepared


class Reminder(NamedTuple):
    """A message, and when it is due."""

    due_at: datetime
    draft: Draft

    @classmethod
    def write(cls, session: Session, several: "Sequence[Reminder]", now: datetime) -> Callback:
        """Write reminders down, with the change that wants them."""
        SET.run(session, bind(NAMES, [_row(each, now) for each in several]))
        return do_nothing


def remind(work: Work, at: datetime, message: Message) -> None:
    """Have a private message handled by this service, at a time or soon after."""
    work.transaction.add(Reminder(at, work.draft(message)))


class TimerRow(Base):
    """One reminder, sealed."""

    __tablename__ = "timers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    type: Mapped[str]
    body: Mapped[bytes]
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)


TIMERS = table_of(TimerRow)
NAMES = ("id", "key", "type", "body", "due_at")
SET = Prepared(
    insert(TIMERS).from_select(NAMES, select(unnest([TIMERS.c[name] for name in NAMES])))
)
DUE = Prepared(
    select(TIMERS.c.id, TIMERS.c.key, TIMERS.c.type, TIMERS.c.body)
    .where(TIMERS.c.due_at <= bindparam("now", type_=Instant))
    .order_by(TIMERS.c.due_at, TIMERS.c.id)
    .limit(bindparam("limit"))
)
NEXT = Prepared(select(func.min(TIMERS.c.due_at)))
IDS = bindparam("ids", type_=ARRAY(TIMERS.c.id.type))
STANDING = select(TIMERS.c.id).where(TIMERS.c.id == func.any(IDS)).with_for_update(skip_locked=True)
STRIKE = Prepared(delete(TIMERS).where(TIMERS.c.id.in_(STANDING)).returning(TIMERS.c.id))
"""What another process is striking is left to it; if it fails, it comes up again."""


class Due(NamedTuple):
    """A reminder whose time has come."""

    id: UUID
    key: UUID
    type: str
    body: bytes


def _row(reminder: Reminder, now: datetime) -> tuple[UUID, UUID, str, bytes, datetime]:
    message, data, cause, position = reminder.draft
    envelope = Envelope.around(message, cause, position, 0, now, data)
    return envelope.id, message.key, message.type, encode(envelope), reminder.due_at


def due(session: Session, now: datetime, limit: int) -> list[Due]:
    """Return what is due, the longest waiting first."""
    return [Due(*row) for row in DUE.rows(session, {"now": now, "limit": limit})]


def next_due(session: Session) -> datetime | None:
    """Return when the next reminder is due, if there is one."""
    due: datetime | None = NEXT.value(session)
    return due


def strike(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Strike reminders that are handled in this transaction; return those that still stood."""
    return set(STRIKE.column(session, {"ids": list(ids)}))
