"""The pending outbox: records that the broker has not confirmed yet, and published offsets.

The transaction that publishes records lists them in `unsent` (outbox.py); they are
deleted from it here once the broker has confirmed them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.config.kafka import RETENTION
from shared.kafka.record_types import OutboxRecord
from shared.messaging.outbox import COLUMNS, KEYS, OUTBOX, PENDING, PUBLISHER_ID, SEQUENCES
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import DISABLE_TIMEOUTS, Base, Instant
from shared.persistence.database_certainty import Recheck, recheck_nothing
from shared.persistence.statements import CompiledStatement


class PublishedOffsetRow(Base):
    """The highest offset that this service published in a partition: the broker must keep it."""

    __tablename__ = "sent"

    source: Mapped[str] = mapped_column(primary_key=True)
    """Topic and partition, `order/7`."""

    highest: Mapped[int] = mapped_column(BigInteger)
    """The highest offset that the broker gave to a record of this service."""


PENDING_RECORDS = (
    select(*COLUMNS)
    .join_from(
        OUTBOX,
        PENDING,
        (OUTBOX.c.position == PENDING.c.position) & (OUTBOX.c.told_at == PENDING.c.told_at),
    )
    .order_by(PENDING.c.position)
)
OLDEST_RECORDS = CompiledStatement(PENDING_RECORDS.limit(bindparam("limit")))
RECORDS_OF_KEYS = CompiledStatement(PENDING_RECORDS.where(PENDING.c.key == func.any(KEYS)))
CONFIRMED = unnest([PENDING.c.key, PENDING.c.id])
IS_CONFIRMED = tuple_(PENDING.c.key, PENDING.c.id) == tuple_(CONFIRMED.c.key, CONFIRMED.c.id)
PUBLISHED_OFFSETS = table_of(PublishedOffsetRow)
NEW_OFFSETS = unnest([PUBLISHED_OFFSETS.c.source, PUBLISHED_OFFSETS.c.highest])
INSERT_OFFSETS = insert(PUBLISHED_OFFSETS).from_select(
    ["source", "highest"], select(NEW_OFFSETS).order_by(NEW_OFFSETS.c.source)
)
UPSERT_OFFSETS = INSERT_OFFSETS.on_conflict_do_update(
    index_elements=["source"],
    set_={"highest": func.greatest(PUBLISHED_OFFSETS.c.highest, INSERT_OFFSETS.excluded.highest)},
)
SAVE_OFFSETS = CompiledStatement(UPSERT_OFFSETS)
DELETE_CONFIRMED = CompiledStatement(
    delete(PENDING).where(IS_CONFIRMED).add_cte(UPSERT_OFFSETS.cte("filled"))
)
OLDEST_PENDING = CompiledStatement(select(func.min(PENDING.c.told_at)))
SINCE = bindparam("since", type_=Instant)
RECENT = select(OUTBOX.c.key, OUTBOX.c.id, OUTBOX.c.position, OUTBOX.c.told_at, PUBLISHER_ID).where(
    OUTBOX.c.told_at >= SINCE
)
REQUEUE = CompiledStatement(
    insert(PENDING)
    .from_select(["key", "id", "position", "told_at", "teller"], RECENT)
    .on_conflict_do_nothing()
)


def oldest_records(session: Session, limit: int) -> list[OutboxRecord]:
    """Return the oldest records that are not marked as published.

    Always from the first position: positions are in commit order only within a key.
    And of any age: clocks differ, so a time limit could separate the records of a key.
    """
    return [OutboxRecord(*row) for row in OLDEST_RECORDS.rows(session, {"limit": limit})]


def records_of_keys(session: Session, keys: Collection[UUID]) -> list[OutboxRecord]:
    """Return all records of these keys that are not marked as published, in order."""
    return [OutboxRecord(*row) for row in RECORDS_OF_KEYS.rows(session, {"new_key": list(keys)})]


def mark_published(
    session: Session,
    records: Sequence[OutboxRecord],
    offsets: Mapping[str, int],
    recheck: Recheck = recheck_nothing,
) -> None:
    """Mark confirmed records as published, and save the highest offset of each partition.

    Raises:
        DatabaseUnprovenError: by `recheck`, if the database was lost meanwhile.
    """
    confirmed = bind_arrays(("key", "id"), [(record.key, record.id) for record in records])
    saved = bind_arrays(("source", "highest"), list(offsets.items()))
    DELETE_CONFIRMED.run(session, confirmed | saved)
    recheck()


def save_published_offsets(session: Session, offsets: Mapping[str, int]) -> None:
    """Save the highest known offsets of partitions, without marking any record."""
    if offsets:
        SAVE_OFFSETS.run(session, bind_arrays(("source", "highest"), list(offsets.items())))


def published_offsets(session: Session) -> dict[str, int]:
    """Return the highest offset of this service's records, by topic and partition."""
    return {row.source: row.highest for row in session.scalars(select(PublishedOffsetRow))}


def delete_records_if_unpublished(session: Session, key: UUID) -> bool:
    """Delete all records of a key, unless one may have been sent; return whether it did.

    For an unproven database: nothing is sent from it.
    """
    pending = set(session.scalars(select(PENDING.c.id).where(PENDING.c.key == key)))
    archived = set(session.scalars(select(OUTBOX.c.id).where(OUTBOX.c.key == key)))
    if archived - pending:
        return False
    for table in (PENDING, OUTBOX, SEQUENCES):
        session.execute(delete(table).where(table.c.key == key))
    return True


def oldest_pending_at(session: Session) -> datetime | None:
    """Return when the oldest pending record was stored, if there is one."""
    found: datetime | None = OLDEST_PENDING.value(session)
    return found


def requeue_retained_records(
    session: Session, lost: Collection[str], now: datetime, publisher_id: UUID
) -> int:
    """Queue again all records that the broker may still have kept; return their number.

    For a broker that has lost partitions. Consumers ignore records that they have handled.
    """
    session.execute(DISABLE_TIMEOUTS)
    session.execute(delete(PublishedOffsetRow).where(PublishedOffsetRow.source.in_(lost)))
    return REQUEUE.run(session, {"since": now - RETENTION, "teller": publisher_id})
