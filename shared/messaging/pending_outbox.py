"""What is not known to be with the broker, and how far the broker was filled.

Letters are named in `unsent` by the transaction that tells them (outbox.py), and
struck out here once the broker has confirmed them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.config.kafka import RETENTION
from shared.kafka.records import OutboxRecord
from shared.messaging.outbox import COLUMNS, KEYS, OUTBOX, PENDING, PUBLISHER_ID, SEQUENCES
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import DISABLE_TIMEOUTS, Base, Instant, Sessions
from shared.persistence.database_certainty import Recheck, recheck_nothing
from shared.persistence.statements import CompiledStatement

T = TypeVar("T")


class PublishedOffsetRow(Base):
    """How far one partition was written by this service: what the broker must not forget."""

    __tablename__ = "sent"

    source: Mapped[str] = mapped_column(primary_key=True)
    """Topic and partition, `order/7`."""

    highest: Mapped[int] = mapped_column(BigInteger)
    """The highest offset that the broker has given to a record of ours."""


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
    """Return the oldest records that nobody has marked as sent.

    Always from the beginning: the order of positions is not that of commits, except
    within a key. And however young: clocks differ, so a time would cut the records
    of a key apart.
    """
    return [OutboxRecord(*row) for row in OLDEST_RECORDS.rows(session, {"limit": limit})]


def records_of_keys(session: Session, keys: Collection[UUID]) -> list[OutboxRecord]:
    """Return all records under these keys that nobody has marked as sent, in their order."""
    return [OutboxRecord(*row) for row in RECORDS_OF_KEYS.rows(session, {"new_key": list(keys)})]


def mark_published(
    session: Session,
    records: Sequence[OutboxRecord],
    places: Mapping[str, int],
    recheck: Recheck = recheck_nothing,
) -> None:
    """Remember that these records are with the broker, and how far that fills its partitions.

    Raises:
        DatabaseUnprovenError: by `recheck`, if the database was lost meanwhile.
    """
    sent = bind_arrays(("key", "id"), [(record.key, record.id) for record in records])
    DELETE_CONFIRMED.run(session, sent | bind_arrays(("source", "highest"), list(places.items())))
    recheck()


def save_published_offsets(session: Session, places: Mapping[str, int]) -> None:
    """Remember how far partitions are known to be filled, without any record being marked."""
    if places:
        SAVE_OFFSETS.run(session, bind_arrays(("source", "highest"), list(places.items())))


def published_offsets(session: Session) -> dict[str, int]:
    """Return the highest offset that was given to us, by topic and partition."""
    return {row.source: row.highest for row in session.scalars(select(PublishedOffsetRow))}


def retract_unpublished(session: Session, key: UUID) -> bool:
    """Make untold all that was told under a key, unless some of it may have left; tell whether.

    It is for a database that is not proven yet: nothing leaves before it is.
    """
    waits = set(session.scalars(select(PENDING.c.id).where(PENDING.c.key == key)))
    told = set(session.scalars(select(OUTBOX.c.id).where(OUTBOX.c.key == key)))
    if told - waits:
        return False
    for table in (PENDING, OUTBOX, SEQUENCES):
        session.execute(delete(table).where(table.c.key == key))
    return True


def oldest_pending_at(session: Session) -> datetime | None:
    """Return when the oldest unsent record was told, if there is one."""
    found: datetime | None = OLDEST_PENDING.value(session)
    return found


def requeue_lost(session: Session, lost: Collection[str], now: datetime, publisher_id: UUID) -> int:
    """Take all that the broker may still have held for unsent again; return how many records.

    For a broker that has lost partitions. Readers drop what they know already.
    """
    session.execute(DISABLE_TIMEOUTS)
    session.execute(delete(PublishedOffsetRow).where(PublishedOffsetRow.source.in_(lost)))
    return REQUEUE.run(session, {"since": now - RETENTION, "teller": publisher_id})


def run_in_transaction(sessions: Sessions, question: Callable[..., T], *about: Any) -> T:  # noqa: ANN401
    """Do something small in a transaction of its own."""
    with sessions.begin() as session:
        return question(session, *about)
