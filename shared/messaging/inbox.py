"""The idempotent inbox: which messages have been handled, and how far each partition was read.

Both are written in the transaction that handles the messages, so that a database
restored from a backup shows exactly what it has not consumed.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import Envelope, Message
from shared.errors import ConflictOnWriteError
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import (
    DeadLetterReason,
    DeadLetterRow,
    NewDeadLetter,
    add,
    lock_blocked_keys,
)
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.statements import CompiledStatement


class InboxRow(Base):
    """One message that has been handled. Kept as long as the archive; partitioned by hash."""

    __tablename__ = "inbox"
    __table_args__ = {"postgresql_partition_by": "HASH (message_id)"}  # noqa: RUF012  SQLAlchemy's

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    handled_at: Mapped[datetime] = mapped_column(Instant)


class OffsetRow(Base):
    """How far one partition has been read."""

    __tablename__ = "offsets"

    source: Mapped[str] = mapped_column(primary_key=True)
    """Topic and partition, `order/7`."""

    reached: Mapped[int] = mapped_column(BigInteger)
    """The offset of the next record to read."""


def surrogate_offset(id_: UUID) -> int:
    """Return a number derived from an id, for records that have no offset."""
    return id_.int >> 65


class OpenedMessage(NamedTuple):
    """A consumed record with its envelope and its message."""

    record: ConsumedRecord
    envelope: Envelope
    message: Message

    def as_blocked_dead_letter(self) -> NewDeadLetter:
        """Return it as a dead letter that waits behind another one of its key."""
        record = self.record
        return NewDeadLetter(
            *(str(self.envelope.id), record.source, record.offset, self.envelope.type),
            *(
                record.key,
                record.body,
                DeadLetterReason.BEHIND,
                "waits behind a parked message of its key",
            ),
            self.envelope.tenant or None,
        )


INBOX = table_of(InboxRow)
OFFSETS = table_of(OffsetRow)
NEW_MESSAGES = unnest([INBOX.c.message_id, table_of(DeadLetterRow).c.key])
NOW = bindparam("now", type_=Instant)
INSERT_ALL = CompiledStatement(
    insert(INBOX)
    .from_select(["message_id", "handled_at"], select(NEW_MESSAGES.c.message_id, NOW))
    .on_conflict_do_nothing()
    .returning(INBOX.c.message_id)
)
NEW_OFFSETS = unnest([OFFSETS.c.source, OFFSETS.c.reached])
INSERT_OFFSETS = insert(OFFSETS).from_select(
    ["source", "reached"], select(NEW_OFFSETS).order_by(NEW_OFFSETS.c.source)
)
UPSERT_OFFSETS = INSERT_OFFSETS.on_conflict_do_update(
    index_elements=["source"], set_={"reached": INSERT_OFFSETS.excluded.reached}
)
SAVE_OFFSETS = CompiledStatement(UPSERT_OFFSETS)
INSERT_UNBLOCKED = CompiledStatement(
    insert(INBOX)
    .from_select(
        ["message_id", "handled_at"],
        select(NEW_MESSAGES.c.message_id, NOW).where(
            ~exists().where(
                DeadLetterRow.key == NEW_MESSAGES.c.key, DeadLetterRow.released_at.is_(None)
            )
        ),
    )
    .on_conflict_do_nothing()
    .returning(INBOX.c.message_id)
    .add_cte(UPSERT_OFFSETS.cte("reached"))
)
"""One statement for both: a second one would cost a batch of one message 0.25 ms."""
IDS = bindparam("ids", type_=ARRAY(INBOX.c.message_id.type))
SELECT_HANDLED = CompiledStatement(
    select(INBOX.c.message_id).where(INBOX.c.message_id == func.any(IDS))
)


def save_offsets(session: Session, records: Iterable[ConsumedRecord]) -> None:
    """Save the next offset to read in the partitions of these records."""
    if (bound := _bind_offsets(records))["new_source"]:
        SAVE_OFFSETS.run(session, bound)


def _bind_offsets(records: Iterable[ConsumedRecord]) -> dict[str, list[Any]]:
    offsets = {each.source: each.offset + 1 for each in records if each.is_from_partition}
    return bind_arrays(("source", "reached"), list(offsets.items()))


def next_offsets(session: Session) -> dict[str, int]:
    """Return the offset of the next record to read, by topic and partition."""
    return {row.source: row.reached for row in session.scalars(select(OffsetRow))}


def claim_unhandled(
    session: Session,
    opened: Sequence[OpenedMessage],
    records: Iterable[ConsumedRecord],
    now: datetime,
) -> list[OpenedMessage]:
    """Mark messages as handled; return those that are to be handled now.

    The others were handled before, or are parked here behind a dead letter. The offsets of
    all records are saved with it, also of those without a subscribed message.

    Raises:
        ConflictOnWriteError: if a dead letter was redelivered meanwhile; try again.
    """
    if not opened:
        save_offsets(session, records)
        return []
    once = {each.envelope.id: each for each in opened}
    ids, keys = list(once), [each.record.key for each in once.values()]
    bound = {"new_message_id": ids, "new_key": keys, "now": now, **_bind_offsets(records)}
    new = set(INSERT_UNBLOCKED.column(session, bound))
    if len(new) < len(once):
        _add_followers(session, [each for id_, each in once.items() if id_ not in new], now)
    return [each for id_, each in once.items() if id_ in new]


def handled_among(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return those of these messages that have been handled."""
    return set(SELECT_HANDLED.column(session, {"ids": list(ids)}))


def claim_unhandled_dead_letter(session: Session, opened: OpenedMessage, now: datetime) -> bool:
    """Mark a dead letter as handled; return whether it was not handled before."""
    bound = {"new_message_id": [opened.envelope.id], "new_key": [opened.record.key], "now": now}
    return INSERT_ALL.value(session, bound) is not None


def _add_followers(session: Session, opened: Collection[OpenedMessage], now: datetime) -> None:
    ids = handled_among(session, [each.envelope.id for each in opened])
    unhandled = [each for each in opened if each.envelope.id not in ids]
    blocked = lock_blocked_keys(session, {each.record.key for each in unhandled})
    if any(each.record.key not in blocked for each in unhandled):
        msg = "a dead letter was redelivered meanwhile"
        raise ConflictOnWriteError(msg)
    add(session, [each.as_blocked_dead_letter() for each in unhandled], now)
