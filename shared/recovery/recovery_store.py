"""The tables of recoveries and of the messages that they took over."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Select, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.ids import time_ordered_id
from shared.kafka.record_types import OutboxRecord
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import COLUMNS, OUTBOX, SEQUENCES
from shared.persistence.bulk import bind_arrays, insert_new_rows, table_of
from shared.persistence.database import Base, Instant, enum_text
from shared.persistence.statements import CompiledStatement


class RecoveryState(StrEnum):
    """The phase of a recovery."""

    TAKING_OVER = "taking-over"
    """The service's own published messages are read back from its topics."""

    REPLAYING = "replaying"
    """The messages of other services are consumed again."""

    DONE = "done"


class RecoveryRow(Base):
    """One recovery of a database that was restored to an earlier state."""

    __tablename__ = "recoveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime] = mapped_column(Instant)
    lost_from: Mapped[datetime | None] = mapped_column(Instant)
    """The last change that the restored database has; None if it has none."""

    state: Mapped[RecoveryState] = mapped_column(enum_text(RecoveryState))
    taken_over: Mapped[int] = mapped_column(BigInteger)
    """The number of own messages that were read back."""

    replayed: Mapped[int] = mapped_column(BigInteger)
    """The number of messages of other services that were consumed again."""

    missing: Mapped[str]
    """Partitions whose records the broker has deleted already; empty as a rule."""

    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by: Mapped[str]


class TakenOverRow(Base):
    """One message of the service's own that was read back. It is not published again."""

    __tablename__ = "taken_over"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    recovery_id: Mapped[UUID]
    is_pending: Mapped[bool]
    """It could not be applied yet: another message must be consumed first."""

    __table_args__ = (Index("ix_taken_over_pending", "key", postgresql_where=text("is_pending")),)


TAKEN_OVER = table_of(TakenOverRow)
KEYS = bindparam("keys", type_=ARRAY(SEQUENCES.c.key.type))
SELECT_SEQUENCES = CompiledStatement(
    select(SEQUENCES.c.key, SEQUENCES.c.told).where(SEQUENCES.c.key == func.any(KEYS))
)
INSERT_OUTBOX = CompiledStatement(
    text("""
INSERT INTO outbox (id, tenant, type, topic, key, sequence, body, told_at, position)
SELECT id, tenant, type, topic, key, sequence, body, told_at, nextval('outbox_position')
FROM unnest(
    CAST(:new_id AS uuid[]), CAST(:new_tenant AS text[]), CAST(:new_type AS text[]),
    CAST(:new_topic AS text[]), CAST(:new_key AS uuid[]), CAST(:new_sequence AS bigint[]),
    CAST(:new_body AS bytea[]), CAST(:new_told_at AS timestamptz[])
) AS new (id, tenant, type, topic, key, sequence, body, told_at)
""")
)
RAISE_SEQUENCES = CompiledStatement(
    text("""
INSERT INTO sequences (key, told)
SELECT key, told FROM unnest(CAST(:new_key AS uuid[]), CAST(:new_told AS bigint[]))
    AS new (key, told) ORDER BY key
ON CONFLICT (key) DO UPDATE SET told = greatest(sequences.told, excluded.told)
""")
)
LAST_CHANGE = text("""
SELECT greatest(
    (SELECT max(told_at) FROM outbox), (SELECT max(at) FROM history),
    (SELECT max(handled_at) FROM inbox)
)
""")
"""Handled messages count too: a service may publish and record nothing for months."""


def last_published_sequences(session: Session, keys: Collection[UUID]) -> dict[UUID, int]:
    """Return the last published sequence that the database has recorded, by key."""
    rows = SELECT_SEQUENCES.rows(session, {"keys": list(keys)})
    return {key: sequence for key, sequence in rows}  # noqa: C416  rows of any type


def insert_published_messages(
    session: Session, records: Sequence[tuple[OutboxRecord, datetime]]
) -> None:
    """Store published messages, each with the time at which it was published."""
    rows = [(*record, told_at) for record, told_at in records]
    INSERT_OUTBOX.run(session, bind_arrays((*OutboxRecord._fields, "told_at"), rows))
    last: dict[UUID, int] = {}
    for record, _ in records:
        last[record.key] = max(record.sequence, last.get(record.key, 0))
    RAISE_SEQUENCES.run(session, bind_arrays(("key", "told"), list(last.items())))


def last_change_time(session: Session) -> datetime | None:
    """Return when the database last changed, by its archive, history and inbox."""
    found: datetime | None = session.scalar(LAST_CHANGE)
    return found


def insert_taken_over(session: Session, recovery: UUID, several: Mapping[UUID, UUID]) -> None:
    """Store the ids of messages, each with its key; all are pending at first."""
    rows = [(id_, key, recovery, True) for id_, key in several.items()]
    insert_new_rows(session, TakenOverRow, ("id", "key", "recovery_id", "is_pending"), rows)


def mark_applied(session: Session, ids: Iterable[UUID]) -> None:
    """Mark these messages as applied to the tables."""
    these = TAKEN_OVER.c.id.in_(list(ids))
    session.execute(update(TAKEN_OVER).where(these).values(is_pending=False))


def mark_causes_handled(session: Session, causes: Iterable[UUID], now: datetime) -> None:
    """Mark the causes of these messages as handled, so that they are not handled again."""
    rows = [(each, now) for each in dict.fromkeys(causes)]
    insert_new_rows(session, InboxRow, ("message_id", "handled_at"), rows)


def taken_over_ids(session: Session) -> set[UUID]:
    """Return the ids of all messages that were ever taken over."""
    return set(session.scalars(select(TAKEN_OVER.c.id)))


def pending_keys(session: Session, after: UUID, limit: int) -> list[UUID]:
    """Return keys after this one under which messages are pending."""
    pending = select(TAKEN_OVER.c.key).where(TAKEN_OVER.c.is_pending, TAKEN_OVER.c.key > after)
    return list(session.scalars(pending.distinct().order_by(TAKEN_OVER.c.key).limit(limit)))


def pending_records(session: Session, keys: Collection[UUID]) -> list[OutboxRecord]:
    """Return the messages that are pending under these keys, oldest first."""
    found: Select[Any] = (
        select(*COLUMNS)
        .join_from(
            TAKEN_OVER,
            OUTBOX,
            (OUTBOX.c.key == TAKEN_OVER.c.key) & (OUTBOX.c.id == TAKEN_OVER.c.id),
        )
        .where(TAKEN_OVER.c.is_pending, TAKEN_OVER.c.key == func.any(KEYS))
        .order_by(OUTBOX.c.position)
    )
    return [OutboxRecord(*row) for row in session.execute(found, {"keys": list(keys)})]


def begin_recovery(
    session: Session, lost_from: datetime | None, noticed_at: datetime
) -> RecoveryRow:
    """Add a recovery, and return it."""
    new = RecoveryRow(
        id=time_ordered_id(),
        noticed_at=noticed_at,
        lost_from=lost_from,
        state=RecoveryState.TAKING_OVER,
        taken_over=0,
        replayed=0,
        missing="",
        acknowledged_by="",
    )
    session.add(new)
    return new


def find_open_recovery(session: Session) -> RecoveryRow | None:
    """Return the recovery that has not ended, if there is one."""
    open_ones = select(RecoveryRow).where(RecoveryRow.ended_at.is_(None))
    return session.scalar(open_ones.order_by(RecoveryRow.noticed_at).limit(1))


def recovery_covering(session: Session, moment: datetime) -> RecoveryRow | None:
    """Return the latest recovery in whose lost time a moment lies: its changes may be lost."""
    begin = func.coalesce(RecoveryRow.lost_from, text("'-infinity'"))
    covering = select(RecoveryRow).where(begin <= moment, RecoveryRow.noticed_at >= moment)
    return session.scalar(covering.order_by(RecoveryRow.noticed_at.desc()).limit(1))


def all_recoveries(session: Session) -> list[RecoveryRow]:
    """Return all recoveries, the latest first."""
    return list(session.scalars(select(RecoveryRow).order_by(RecoveryRow.noticed_at.desc())))


def log_fields(row: RecoveryRow) -> dict[str, object]:
    """Return the results of a recovery, for the log."""
    return {
        "lost_from": str(row.lost_from),
        "lost_until": str(row.noticed_at),
        "taken_over": row.taken_over,
        "replayed": row.replayed,
        "missing": row.missing,
    }
