"""The idempotent inbox: which messages have been handled, and how far each partition was read.

Both are written in the transaction that handles them, so that a database restored
from a backup knows exactly what it has not seen.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import Envelope, Message
from shared.errors import CollisionError
from shared.kafka.records import Record
from shared.messaging.dead_letters import ParkedRow, Parking, Why, blocked, park
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.statements import Prepared


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


def number_of(id_: UUID) -> int:
    """Return a number that stands for an id where offsets are kept."""
    return id_.int >> 65


class Heard(NamedTuple):
    """One message, opened."""

    record: Record
    envelope: Envelope
    message: Message

    def behind(self) -> Parking:
        """Return it as something to park behind another."""
        record = self.record
        return Parking(
            *(str(self.envelope.id), record.source, record.offset, self.envelope.type),
            *(record.key, record.body, Why.BEHIND, "waits behind a parked message of its key"),
            self.envelope.tenant or None,
        )


INBOX = table_of(InboxRow)
OFFSETS = table_of(OffsetRow)
ARRIVED = unnest([INBOX.c.message_id, table_of(ParkedRow).c.key])
NOW = bindparam("now", type_=Instant)
NOTE_ALL = Prepared(
    insert(INBOX)
    .from_select(["message_id", "handled_at"], select(ARRIVED.c.message_id, NOW))
    .on_conflict_do_nothing()
    .returning(INBOX.c.message_id)
)
PLACES = unnest([OFFSETS.c.source, OFFSETS.c.reached])
NEW_PLACES = insert(OFFSETS).from_select(
    ["source", "reached"], select(PLACES).order_by(PLACES.c.source)
)
FURTHER = NEW_PLACES.on_conflict_do_update(
    index_elements=["source"], set_={"reached": NEW_PLACES.excluded.reached}
)
REACH = Prepared(FURTHER)
NOTE = Prepared(
    insert(INBOX)
    .from_select(
        ["message_id", "handled_at"],
        select(ARRIVED.c.message_id, NOW).where(
            ~exists().where(ParkedRow.key == ARRIVED.c.key, ParkedRow.released_at.is_(None))
        ),
    )
    .on_conflict_do_nothing()
    .returning(INBOX.c.message_id)
    .add_cte(FURTHER.cte("reached"))
)
"""One statement for both: each costs a message that comes alone a quarter of a millisecond."""
IDS = bindparam("ids", type_=ARRAY(INBOX.c.message_id.type))
KNOWN = Prepared(select(INBOX.c.message_id).where(INBOX.c.message_id == func.any(IDS)))


def reach(session: Session, records: Iterable[Record]) -> None:
    """Remember how far these records go in their partitions."""
    if (places := _places(records))["new_source"]:
        REACH.run(session, places)


def _places(records: Iterable[Record]) -> dict[str, list[Any]]:
    places = {each.source: each.offset + 1 for each in records if each.is_from_a_partition}
    return bind(("source", "reached"), list(places.items()))


def reached(session: Session) -> dict[str, int]:
    """Return the offset of the next record to read, by topic and partition."""
    return {row.source: row.reached for row in session.scalars(select(OffsetRow))}


def note(
    session: Session, heard: Sequence[Heard], records: Iterable[Record], now: datetime
) -> list[Heard]:
    """Write messages down as handled; return those that are to be handled now.

    The others are known already, or park here behind a parked one. How far all the
    records go, also those that hold nothing for us, is remembered with it.

    Raises:
        CollisionError: if something parked was released meanwhile; try again.
    """
    if not heard:
        reach(session, records)
        return []
    once = {each.envelope.id: each for each in heard}
    ids, keys = list(once), [each.record.key for each in once.values()]
    bound = {"new_message_id": ids, "new_key": keys, "now": now, **_places(records)}
    new = set(NOTE.column(session, bound))
    if len(new) < len(once):
        _park_followers(session, [each for id_, each in once.items() if id_ not in new], now)
    return [each for id_, each in once.items() if id_ in new]


def known(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return those of these messages that have been handled."""
    return set(KNOWN.column(session, {"ids": list(ids)}))


def note_released(session: Session, heard: Heard, now: datetime) -> bool:
    """Write down that a parked message is handled; tell whether it was not before."""
    bound = {"new_message_id": [heard.envelope.id], "new_key": [heard.record.key], "now": now}
    return NOTE_ALL.value(session, bound) is not None


def _park_followers(session: Session, heard: Collection[Heard], now: datetime) -> None:
    ids = known(session, [each.envelope.id for each in heard])
    unknown = [each for each in heard if each.envelope.id not in ids]
    closed = blocked(session, {each.record.key for each in unknown})
    if any(each.record.key not in closed for each in unknown):
        msg = "a parked message was released just now"
        raise CollisionError(msg)
    park(session, [each.behind() for each in unknown], now)
