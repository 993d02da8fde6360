"""What is kept of recoveries: when, what was taken over, and what it comes to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Select, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.ids import time_ordered_id
from shared.kafka.records import OutboxRecord
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import COLUMNS, OUTBOX, SEQUENCES
from shared.persistence.bulk import bind_arrays, insert_rows, table_of
from shared.persistence.database import Base, Instant, enum_text
from shared.persistence.statements import CompiledStatement


class RecoveryState(StrEnum):
    """How far a recovery is."""

    TAKING_OVER = "taking-over"
    """What the service has told is read back from its own topics."""

    REPLAYING = "replaying"
    """What the others have told is read once more."""

    DONE = "done"


class RecoveryRow(Base):
    """One time that the database was found to be set back."""

    __tablename__ = "recoveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime] = mapped_column(Instant)
    lost_from: Mapped[datetime | None] = mapped_column(Instant)
    """The last change that the restored database has; None if it has none at all."""

    state: Mapped[RecoveryState] = mapped_column(enum_text(RecoveryState))
    taken_over: Mapped[int] = mapped_column(BigInteger)
    """Messages of its own that were read back."""

    replayed: Mapped[int] = mapped_column(BigInteger)
    """Messages of others that were read once more."""

    missing: Mapped[str]
    """Partitions whose records the broker has deleted already; empty as a rule."""

    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by: Mapped[str]


class TakenOverRow(Base):
    """One message of the service's own that was read back. Telling it again is suppressed."""

    __tablename__ = "taken_over"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    recovery_id: Mapped[UUID]
    is_pending: Mapped[bool]
    """What it says could not be applied yet: what it is about has to be read first."""

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
"""What was handled counts as well: a service may tell nothing, and note nothing, for months."""


def published_sequences(session: Session, keys: Collection[UUID]) -> dict[UUID, int]:
    """Return how many messages the database knows to have been told under each key."""
    rows = SELECT_SEQUENCES.rows(session, {"keys": list(keys)})
    return {key: told for key, told in rows}  # noqa: C416  rows of any type


def insert_outbox_records(
    session: Session, records: Sequence[tuple[OutboxRecord, datetime]]
) -> None:
    """Store messages that were told, each with the time at which it was."""
    rows = [(*record, told_at) for record, told_at in records]
    INSERT_OUTBOX.run(session, bind_arrays((*OutboxRecord._fields, "told_at"), rows))
    counts: dict[UUID, int] = {}
    for record, _ in records:
        counts[record.key] = max(record.sequence, counts.get(record.key, 0))
    RAISE_SEQUENCES.run(session, bind_arrays(("key", "told"), list(counts.items())))


def last_change(session: Session) -> datetime | None:
    """Return when the database last changed, as far as archive, history and inbox say."""
    found: datetime | None = session.scalar(LAST_CHANGE)
    return found


def insert_taken_over(session: Session, recovery: UUID, several: Mapping[UUID, UUID]) -> None:
    """Remember messages by their id, each with its key; all are pending at first."""
    rows = [(id_, key, recovery, True) for id_, key in several.items()]
    insert_rows(session, TakenOverRow, ("id", "key", "recovery_id", "is_pending"), rows)


def mark_applied(session: Session, ids: Iterable[UUID]) -> None:
    """Remember that what these messages say is in the database now."""
    these = TAKEN_OVER.c.id.in_(list(ids))
    session.execute(update(TAKEN_OVER).where(these).values(is_pending=False))


def mark_causes_handled(session: Session, causes: Iterable[UUID], now: datetime) -> None:
    """Remember that what caused these messages was handled: it is not handled once more."""
    rows = [(each, now) for each in dict.fromkeys(causes)]
    insert_rows(session, InboxRow, ("message_id", "handled_at"), rows)


def taken_over_ids(session: Session) -> set[UUID]:
    """Return the ids of all messages that were ever taken over."""
    return set(session.scalars(select(TAKEN_OVER.c.id)))


def pending_keys(session: Session, after: UUID, limit: int) -> list[UUID]:
    """Return keys behind this one under which a message could not be applied yet."""
    mine = select(TAKEN_OVER.c.key).where(TAKEN_OVER.c.is_pending, TAKEN_OVER.c.key > after)
    return list(session.scalars(mine.distinct().order_by(TAKEN_OVER.c.key).limit(limit)))


def pending_records(session: Session, keys: Collection[UUID]) -> list[OutboxRecord]:
    """Return messages under these keys that could not be applied yet, oldest first."""
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
    """Note that a recovery begins, and return it."""
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


def open_recovery(session: Session) -> RecoveryRow | None:
    """Return the recovery that has not ended, if there is one."""
    mine = select(RecoveryRow).where(RecoveryRow.ended_at.is_(None))
    return session.scalar(mine.order_by(RecoveryRow.noticed_at).limit(1))


def recovery_covering(session: Session, moment: datetime) -> RecoveryRow | None:
    """Return the latest recovery of a time that a moment lies in; changes of it may be lost."""
    begin = func.coalesce(RecoveryRow.lost_from, text("'-infinity'"))
    these = select(RecoveryRow).where(begin <= moment, RecoveryRow.noticed_at >= moment)
    return session.scalar(these.order_by(RecoveryRow.noticed_at.desc()).limit(1))


def all_recoveries(session: Session) -> list[RecoveryRow]:
    """Return all recoveries, the latest first."""
    return list(session.scalars(select(RecoveryRow).order_by(RecoveryRow.noticed_at.desc())))
