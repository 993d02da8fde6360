"""The timer store: messages that a service sends itself, to be handled when they are due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import Envelope, Message, encode
from shared.messaging.commit_context import Callback, do_nothing
from shared.messaging.outbox import MessageDraft
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.statements import CompiledStatement


class ScheduledMessage(NamedTuple):
    """A message to be handled at a time."""

    due_at: datetime
    draft: MessageDraft

    @staticmethod
    def takes_global_lock() -> bool:
        """Return False."""
        return False

    @classmethod
    def write(
        cls, session: Session, several: "Sequence[ScheduledMessage]", now: datetime
    ) -> Callback:
        """Write timers, in the transaction of the change that sets them."""
        INSERT_TIMERS.run(session, bind_arrays(COLUMNS, [_row(each, now) for each in several]))
        return do_nothing


def schedule(work: UnitOfWork, at: datetime, message: Message) -> None:
    """Have a private message handled by this service, at a time or soon after."""
    work.transaction.add(ScheduledMessage(at, work.draft(message)))


class TimerRow(Base):
    """One timer, with its message in an envelope."""

    __tablename__ = "timers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    type: Mapped[str]
    body: Mapped[bytes]
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)


TIMERS = table_of(TimerRow)
COLUMNS = ("id", "key", "type", "body", "due_at")
INSERT_TIMERS = CompiledStatement(
    insert(TIMERS).from_select(COLUMNS, select(unnest([TIMERS.c[name] for name in COLUMNS])))
)
SELECT_DUE = CompiledStatement(
    select(TIMERS.c.id, TIMERS.c.key, TIMERS.c.type, TIMERS.c.body)
    .where(TIMERS.c.due_at <= bindparam("now", type_=Instant))
    .order_by(TIMERS.c.due_at, TIMERS.c.id)
    .limit(bindparam("limit"))
)
SELECT_NEXT_DUE = CompiledStatement(select(func.min(TIMERS.c.due_at)))
IDS = bindparam("ids", type_=ARRAY(TIMERS.c.id.type))
LOCK_EXISTING = (
    select(TIMERS.c.id).where(TIMERS.c.id == func.any(IDS)).with_for_update(skip_locked=True)
)
DELETE_TIMERS = CompiledStatement(
    delete(TIMERS).where(TIMERS.c.id.in_(LOCK_EXISTING)).returning(TIMERS.c.id)
)
"""Skips timers that another process is deleting; if that rolls back, they are due again."""


class DueTimer(NamedTuple):
    """A timer that is due."""

    id: UUID
    key: UUID
    type: str
    body: bytes


def _row(scheduled: ScheduledMessage, now: datetime) -> tuple[UUID, UUID, str, bytes, datetime]:
    message, data, cause, position, _ = scheduled.draft
    envelope = Envelope.wrap(message, cause, position, 0, now, data)
    return envelope.id, message.key, message.type, encode(envelope), scheduled.due_at


def due_timers(session: Session, now: datetime, limit: int) -> list[DueTimer]:
    """Return due timers, the earliest first."""
    return [DueTimer(*row) for row in SELECT_DUE.rows(session, {"now": now, "limit": limit})]


def next_due(session: Session) -> datetime | None:
    """Return when the next timer is due, if there is one."""
    due: datetime | None = SELECT_NEXT_DUE.value(session)
    return due


def is_scheduled(session: Session, kind: type[Message]) -> bool:
    """Tell whether a timer has a message of this type."""
    timers = select(func.count()).where(TIMERS.c.type == kind.type)
    return bool(session.execute(timers).scalar_one())


def delete_timers(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Delete timers that this transaction handles; return the ids of those that still existed."""
    return set(DELETE_TIMERS.column(session, {"ids": list(ids)}))
