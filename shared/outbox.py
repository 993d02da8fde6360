"""The transactional outbox: letters are stored with the change they tell of.

`outbox` is the archive of all that was ever told, by month. `unsent` names those
letters in it that are not known to be with the broker yet: they are sent from
memory right after the commit (relay.py), and from here when a crash or an outage
came between. `sequences` counts the letters under each key.
"""

from collections import Counter as Tally
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CursorResult,
    Index,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy import Sequence as Counter
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.bulk import bind, table_of, unnest
from shared.contracts import Cause, Envelope, Message, encode
from shared.db import Base, Instant

RETENTION = timedelta(days=7)
"""So long topics keep what was sent; older letters no broker needs to be reminded of."""


class OutboxRow(Base):
    """One letter in the archive. Partitioned by month."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_key", "key", "position"),
        {"postgresql_partition_by": "RANGE (told_at)"},
    )

    told_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Counter("outbox_position"), primary_key=True)
    id: Mapped[UUID]
    tenant: Mapped[str]
    type: Mapped[str]
    topic: Mapped[str]
    key: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes]


class UnsentRow(Base):
    """One letter that may not be with the broker yet."""

    __tablename__ = "unsent"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, index=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    teller: Mapped[UUID]
    """The process that told it, and is about to send it."""


class SequenceRow(Base):
    """How many letters were told under one key."""

    __tablename__ = "sequences"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    told: Mapped[int] = mapped_column(BigInteger)


class SentRow(Base):
    """How far one partition was written by this service: what the broker must not forget."""

    __tablename__ = "sent"

    source: Mapped[str] = mapped_column(primary_key=True)
    """Topic and partition, `order/7`."""

    highest: Mapped[int] = mapped_column(BigInteger)
    """The highest offset that the broker has given to a letter of ours."""


class Letter(NamedTuple):
    """A message, sealed: all that the wire needs."""

    id: UUID
    tenant: str
    type: str
    topic: str
    key: UUID
    sequence: int
    body: bytes


@dataclass(slots=True)
class Told:
    """What one committed transaction has told, and wants done."""

    letters: list[Letter]
    behind: bool = False
    """An older letter under one of the keys is still unsent, and not on its way from here."""

    wakes: bool = False
    """It made work for the runner."""


@dataclass(slots=True)
class Dispatch:
    """What the transactions of one turn of the writing thread have told so far."""

    teller: UUID
    """Who sends it: names this process, until something goes wrong in it."""

    told: list[Told] = field(default_factory=list)


class Draft(NamedTuple):
    """A message that is to be told, not yet counted and sealed."""

    message: Message
    cause: Cause
    position: int
    """Its place among the messages of its cause."""


OUTBOX = table_of(OutboxRow)
UNSENT = table_of(UnsentRow)
SEQUENCES = table_of(SequenceRow)
COLUMNS = [OUTBOX.c[name] for name in Letter._fields]

TALLY = unnest([SEQUENCES.c.key, SEQUENCES.c.told])
NEW_COUNTS = insert_or_update(SEQUENCES).from_select(
    ["key", "told"], select(TALLY).order_by(TALLY.c.key)
)
COUNT = NEW_COUNTS.on_conflict_do_update(
    index_elements=["key"], set_={"told": SEQUENCES.c.told + NEW_COUNTS.excluded.told}
).returning(SEQUENCES.c.key, SEQUENCES.c.told)
"""Rows are locked in the order of keys; until the commit nobody else tells under them."""

NOW = bindparam("now", type_=Instant)
ARCHIVED = (
    insert(OUTBOX)
    .from_select(
        [*Letter._fields, "told_at", "position"],
        select(unnest(COLUMNS), NOW, Counter("outbox_position").next_value()),
    )
    .returning(OUTBOX.c.key, OUTBOX.c.id, OUTBOX.c.position, OUTBOX.c.told_at)
    .cte("archived")
)
TELLER = bindparam("teller", type_=UNSENT.c.teller.type)
NAMED = (
    insert(UNSENT)
    .from_select(["key", "id", "position", "told_at", "teller"], select(ARCHIVED, TELLER))
    .cte("named")
)
KEYS = bindparam("new_key", type_=ARRAY(UNSENT.c.key.type))
OTHERS_FIRST = exists().where(UNSENT.c.key == func.any(KEYS), UNSENT.c.teller != TELLER)
STORE = select(OTHERS_FIRST).add_cte(NAMED)

OLDEST_UNSENT = (
    select(*COLUMNS)
    .join_from(
        OUTBOX,
        UNSENT,
        (OUTBOX.c.position == UNSENT.c.position) & (OUTBOX.c.told_at == UNSENT.c.told_at),
    )
    .where(UNSENT.c.told_at <= bindparam("told_before", type_=Instant))
    .order_by(UNSENT.c.position)
    .limit(bindparam("limit"))
)
SENT = unnest([UNSENT.c.key, UNSENT.c.id])
MARK = delete(UNSENT).where(tuple_(UNSENT.c.key, UNSENT.c.id) == tuple_(SENT.c.key, SENT.c.id))
SENT_TO = table_of(SentRow)
FILL = unnest([SENT_TO.c.source, SENT_TO.c.highest])
NEW_FILL = insert_or_update(SENT_TO).from_select(
    ["source", "highest"], select(FILL).order_by(FILL.c.source)
)
FILLED = NEW_FILL.on_conflict_do_update(
    index_elements=["source"],
    set_={"highest": func.greatest(SENT_TO.c.highest, NEW_FILL.excluded.highest)},
)
OLDEST = select(func.min(UNSENT.c.told_at))


def store(
    session: Session, drafts: Sequence[Draft], now: datetime, teller: UUID
) -> tuple[list[Letter], bool]:
    """Seal and store messages, to be sent if and only if the session commits.

    Args:
        session: the transaction that makes them true.
        drafts: the messages, in the order to be told.
        now: the time.
        teller: who is about to send them.

    Returns:
        The letters, and whether an older letter of another process, under one of
        their keys, is still unsent: then they must not be sent past it.
    """
    if not drafts:
        return [], False
    letters = seal(drafts, count(session, drafts), now)
    bound = {**bind(Letter._fields, letters), "now": now, "teller": teller}
    return letters, bool(session.scalar(STORE, bound))


def count(session: Session, drafts: Iterable[Draft]) -> dict[UUID, int]:
    """Count these messages under their keys; return how many each key had before."""
    tally = Tally(draft.message.key for draft in drafts)
    rows = session.execute(COUNT, bind(("key", "told"), list(tally.items())))
    return {key: told - tally[key] for key, told in rows}


def seal(drafts: Iterable[Draft], before: dict[UUID, int], now: datetime) -> list[Letter]:
    """Put each message in its envelope, numbered within its key."""
    letters = []
    for message, cause, position in drafts:
        key = message.key
        before[key] = sequence = before[key] + 1
        envelope = Envelope.around(message, cause, position, sequence, now)
        body = encode(envelope)
        letters.append(
            Letter(envelope.id, cause.tenant, message.type, message.topic, key, sequence, body)
        )
    return letters


def unsent(session: Session, told_before: datetime, limit: int) -> list[Letter]:
    """Return the oldest letters that nobody has marked as sent.

    Always from the beginning: the order of positions is not that of commits.
    """
    rows = session.execute(OLDEST_UNSENT, {"told_before": told_before, "limit": limit})
    return [Letter(*row) for row in rows]


def mark(session: Session, letters: Sequence[Letter], places: Mapping[str, int]) -> None:
    """Remember that these letters are with the broker, and how far that fills its partitions."""
    session.execute(MARK, bind(("key", "id"), [(letter.key, letter.id) for letter in letters]))
    session.execute(FILLED, bind(("source", "highest"), list(places.items())))


def sent(session: Session) -> dict[str, int]:
    """Return the highest offset that was given to us, by topic and partition."""
    return {row.source: row.highest for row in session.scalars(select(SentRow))}


def told_about(
    session: Session, tenant: str, key: UUID | None, *, limit: int = 1000
) -> list[tuple[datetime, str, int]]:
    """Return when what was told under a key, oldest first: time, type and sequence."""
    mine = select(OUTBOX.c.told_at, OUTBOX.c.type, OUTBOX.c.sequence).where(
        OUTBOX.c.key == key, OUTBOX.c.tenant == tenant
    )
    rows = session.execute(mine.order_by(OUTBOX.c.position).limit(limit))
    return [row.tuple() for row in rows]


def oldest_unsent(session: Session) -> datetime | None:
    """Return when the oldest unsent letter was told, if there is one."""
    oldest: datetime | None = session.scalars(OLDEST).one()
    return oldest


def forget_sent(session: Session, sources: Collection[str], now: datetime, teller: UUID) -> int:
    """Take all that the broker may still have held for unsent again; return how many letters.

    For a broker that has lost its topics. Readers drop what they know already.
    """
    lost = select(OUTBOX.c.key, OUTBOX.c.id, OUTBOX.c.position, OUTBOX.c.told_at, TELLER).where(
        OUTBOX.c.told_at >= bindparam("since", type_=Instant)
    )
    statement = (
        insert_or_update(UNSENT)
        .from_select(["key", "id", "position", "told_at", "teller"], lost)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    session.execute(delete(SENT_TO).where(SENT_TO.c.source.in_(sources)))
    result = session.execute(statement, {"since": now - RETENTION, "teller": teller})
    return cast("CursorResult[Any]", result).rowcount
