"""The transactional outbox: letters are stored with the change they tell of.

`outbox` is the archive of all that was ever told, by month. `unsent` names those
letters in it that are not known to be with the broker yet: they are sent from
memory right after the commit (relay.py), and from here when a crash or an outage
came between. `sequences` counts the letters under each key.
"""

from collections import Counter as Tally
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Index,
    bindparam,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy import Sequence as Counter
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import Cause, Envelope, Message, encode
from shared.contracts.base import message_id
from shared.errors import UnprocessableError
from shared.kafka.records import OutboxRecord
from shared.persistence import history
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.history import Change
from shared.persistence.statements import Prepared

MOST_BYTES = 1_000_000
"""The largest letter; Kafka refuses more, and would keep all behind it waiting."""

ENVELOPE = 4_000
"""What an envelope adds to its message, at most."""


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


class Draft(NamedTuple):
    """A message that is to be told, not yet counted and sealed."""

    message: Message
    data: bytes
    """The message, encoded while its author can still be blamed for it."""

    cause: Cause
    position: int
    """Its place among the messages of its cause; below 0 for one that is told again, as what
    was told under that sequence has undone it."""

    @property
    def id(self) -> UUID:
        """The id that it is told under."""
        return message_id(self.cause, self.message.type, self.position)

    @classmethod
    def of(cls, message: Message, cause: Cause, position: int) -> "Draft":
        """Take down what is to be told.

        Raises:
            UnprocessableError: if it is too large for the way it has to go.
        """
        data = encode(message)
        if len(data) > MOST_BYTES - ENVELOPE:
            msg = f"{message.type} would be {len(data)} bytes; at most {MOST_BYTES} are carried"
            raise UnprocessableError(msg, code="too-large", remedy="ask for less at a time")
        return cls(message, data, cause, position)


OUTBOX = table_of(OutboxRow)
UNSENT = table_of(UnsentRow)
SEQUENCES = table_of(SequenceRow)
COLUMNS = [OUTBOX.c[name] for name in OutboxRecord._fields]

TALLY = unnest([SEQUENCES.c.key, SEQUENCES.c.told])
NEW_COUNTS = insert_or_update(SEQUENCES).from_select(
    ["key", "told"], select(TALLY).order_by(TALLY.c.key)
)
COUNTS = NEW_COUNTS.on_conflict_do_update(
    index_elements=["key"], set_={"told": SEQUENCES.c.told + NEW_COUNTS.excluded.told}
).returning(SEQUENCES.c.key, SEQUENCES.c.told)
"""Rows are locked in the order of keys; until the commit nobody else tells under them."""

COUNT = Prepared(COUNTS)
COUNT_AND_REMEMBER = Prepared(COUNTS.add_cte(history.APPEND.cte("remembered")))
"""One statement for both: each costs a message that comes alone a quarter of a millisecond."""

NOW = bindparam("now", type_=Instant)
ARCHIVED = (
    insert(OUTBOX)
    .from_select(
        [*OutboxRecord._fields, "told_at", "position"],
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
STORE = Prepared(select(OTHERS_FIRST).add_cte(NAMED))


def store(
    session: Session,
    drafts: Sequence[Draft],
    changes: Sequence[Change],
    now: datetime,
    teller: UUID,
) -> tuple[list[OutboxRecord], bool]:
    """Seal and store messages, to be sent if and only if the session commits.

    Args:
        session: the transaction that makes them true.
        drafts: the messages, in the order to be told.
        changes: what is to be remembered with them.
        now: the time.
        teller: who is about to send them.

    Returns:
        The letters, and whether an older letter of another process, under one of
        their keys, is still unsent: then they must not be sent past it.
    """
    if not drafts:
        history.write(session, changes)
        return [], False
    letters = seal(drafts, count(session, drafts, changes), now)
    bound = {**bind(OutboxRecord._fields, letters), "now": now, "teller": teller}
    return letters, bool(STORE.value(session, bound))


def apart_from(
    session: Session, drafts: Sequence[Draft], taken_over: Container[UUID]
) -> Sequence[Draft]:
    """Leave out what was told before the database was set back, by the id that it would have.

    A message that another one has undone since is told again, under an id of its own: a plan
    that was told to be held, and then to go on, may be held again.
    """
    if not taken_over:
        return drafts
    return [new for each in drafts if (new := unless_told(session, each, taken_over))]


def unless_told(session: Session, draft: Draft, taken_over: Container[UUID]) -> Draft | None:
    """Return a message that is to be told; None for one that was told and that nothing undid."""
    while draft.id in taken_over:
        place = -undone_at(session, draft.message)
        if place in {0, draft.position}:
            return None
        draft = draft._replace(position=place)
    return draft


def undone_at(session: Session, message: Message) -> int:
    """Return the sequence of what has undone the last such message of a key; 0 if nothing has."""
    if not message.undone_by:
        return 0
    last = session.execute(
        select(OUTBOX.c.type, OUTBOX.c.sequence)
        .where(OUTBOX.c.key == message.key, OUTBOX.c.type.in_([message.type, message.undone_by]))
        .order_by(OUTBOX.c.sequence.desc())
        .limit(1)
    ).first()
    return last.sequence if last and last.type == message.undone_by else 0


def count(
    session: Session, drafts: Iterable[Draft], changes: Sequence[Change] = ()
) -> dict[UUID, int]:
    """Count these messages under their keys; return how many each key had before."""
    tally = Tally(draft.message.key for draft in drafts)
    bound = bind(("key", "told"), list(tally.items()))
    if changes:
        bound |= bind(Change._fields, changes)
    rows = (COUNT_AND_REMEMBER if changes else COUNT).rows(session, bound)
    return {key: told - tally[key] for key, told in rows}


def seal(drafts: Iterable[Draft], before: dict[UUID, int], now: datetime) -> list[OutboxRecord]:
    """Put each message in its envelope, numbered within its key."""
    letters = []
    for message, data, cause, position in drafts:
        key = message.key
        before[key] = sequence = before[key] + 1
        envelope = Envelope.around(message, cause, position, sequence, now, data)
        body = encode(envelope)
        letters.append(
            OutboxRecord(
                envelope.id, cause.tenant, message.type, message.topic, key, sequence, body
            )
        )
    return letters
