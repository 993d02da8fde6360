"""The transactional outbox: records are stored together with the change that they report.

`outbox` is the archive of all published records, by month. `unsent` lists those
records in it that the broker has not confirmed yet: they are sent from memory
right after the commit (publisher.py), and from the table after a crash or an
outage. `sequences` counts the records of each key.
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

from shared.contracts import Causation, Envelope, Message, encode
from shared.contracts.base import message_id
from shared.errors import UnprocessableError
from shared.kafka.record_types import OutboxRecord
from shared.messaging.commit_context import DeferredWrite
from shared.persistence import history
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import Base, Instant
from shared.persistence.history import HistoryEntry
from shared.persistence.statements import CompiledStatement

MAX_MESSAGE_BYTES = 1_000_000
"""The largest record; Kafka refuses larger ones, and all records behind would wait."""

MAX_ENVELOPE_BYTES = 4_000
"""What an envelope adds to its message, at most."""


class OutboxRow(Base):
    """One record in the archive. Partitioned by month."""

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


class PendingRow(Base):
    """One record that the broker may not have yet."""

    __tablename__ = "unsent"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, index=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    teller: Mapped[UUID]
    """The id of the publisher that is about to send it."""


class SequenceRow(Base):
    """How many records were published under one key."""

    __tablename__ = "sequences"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    told: Mapped[int] = mapped_column(BigInteger)


class MessageDraft(NamedTuple):
    """A message to publish, without its sequence and envelope."""

    message: Message
    data: bytes
    """The message, encoded early: a fault in it is raised where it was made."""

    cause: Causation
    position: int
    """Its index among the messages of its cause. Below 0 if it is published again: minus the
    sequence of the message that has undone the earlier one."""

    row: DeferredWrite | None = None
    """A row about the message, written if and only if it is published."""

    @property
    def id(self) -> UUID:
        """The id of the message."""
        return message_id(self.cause, self.message, self.position)

    @classmethod
    def of(cls, message: Message, cause: Causation, position: int) -> "MessageDraft":
        """Encode a message that is to be published.

        Raises:
            UnprocessableError: if it is too large for Kafka.
        """
        data = encode(message)
        size = len(data)
        if size > MAX_MESSAGE_BYTES - MAX_ENVELOPE_BYTES:
            msg = f"{message.type} would be {size} bytes; at most {MAX_MESSAGE_BYTES} are allowed"
            raise UnprocessableError(msg, code="too-large", remedy="ask for less at a time")
        return cls(message, data, cause, position)


OUTBOX = table_of(OutboxRow)
PENDING = table_of(PendingRow)
SEQUENCES = table_of(SequenceRow)
COLUMNS = [OUTBOX.c[name] for name in OutboxRecord._fields]

COUNTED = unnest([SEQUENCES.c.key, SEQUENCES.c.told])
INSERT_SEQUENCES = insert_or_update(SEQUENCES).from_select(
    ["key", "told"], select(COUNTED).order_by(COUNTED.c.key)
)
UPSERT_SEQUENCES = INSERT_SEQUENCES.on_conflict_do_update(
    index_elements=["key"], set_={"told": SEQUENCES.c.told + INSERT_SEQUENCES.excluded.told}
).returning(SEQUENCES.c.key, SEQUENCES.c.told)
"""Locks rows in key order; until the commit no other transaction publishes under these keys."""

ADVANCE_SEQUENCES = CompiledStatement(UPSERT_SEQUENCES)
ADVANCE_AND_WRITE_HISTORY = CompiledStatement(
    UPSERT_SEQUENCES.add_cte(history.INSERT_CHANGES.cte("remembered"))
)
"""One statement for both: a second one would cost a batch of one message 0.25 ms."""

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
PUBLISHER_ID = bindparam("teller", type_=PENDING.c.teller.type)
MARKED_PENDING = (
    insert(PENDING)
    .from_select(["key", "id", "position", "told_at", "teller"], select(ARCHIVED, PUBLISHER_ID))
    .cte("named")
)
KEYS = bindparam("new_key", type_=ARRAY(PENDING.c.key.type))
HAS_OLDER_PENDING = exists().where(
    PENDING.c.key == func.any(KEYS), PENDING.c.teller != PUBLISHER_ID
)
STORE = CompiledStatement(select(HAS_OLDER_PENDING).add_cte(MARKED_PENDING))


def store(
    session: Session,
    drafts: Sequence[MessageDraft],
    changes: Sequence[HistoryEntry],
    now: datetime,
    publisher_id: UUID,
) -> tuple[list[OutboxRecord], bool]:
    """Store messages in envelopes, to be sent if and only if the session commits.

    Args:
        session: the transaction of the change that they report.
        drafts: the messages, in publishing order.
        changes: history entries to write with them.
        now: the time.
        publisher_id: the publisher that is about to send them.

    Returns:
        The records, and whether an older record of another publisher, under one of
        their keys, is still pending: then they must not be sent before it.
    """
    if not drafts:
        history.write(session, changes)
        return [], False
    records = make_records(drafts, advance_sequences(session, drafts, changes), now)
    bound = {**bind_arrays(OutboxRecord._fields, records), "now": now, "teller": publisher_id}
    return records, bool(STORE.value(session, bound))


def without_published(
    session: Session, drafts: Sequence[MessageDraft], taken_over: Container[UUID]
) -> Sequence[MessageDraft]:
    """Leave out messages, by id, published before the database was restored to an earlier state.

    A message that another one has undone since is published again, under a new id: a plan that
    was held and resumed may be held again.
    """
    if not taken_over:
        return drafts
    return [new for each in drafts if (new := unless_published(session, each, taken_over))]


def unless_published(
    session: Session, draft: MessageDraft, taken_over: Container[UUID]
) -> MessageDraft | None:
    """Return a message to publish; None if it was published and no message has undone it."""
    while draft.id in taken_over:
        position = -undoing_sequence(session, draft.message)
        if position in {0, draft.position}:
            return None
        draft = draft._replace(position=position)
    return draft


def undoing_sequence(session: Session, message: Message) -> int:
    """Return the sequence of the message that undid the last such message of a key; 0 if none."""
    if not message.undone_by:
        return 0
    last = session.execute(
        select(OUTBOX.c.type, OUTBOX.c.sequence)
        .where(OUTBOX.c.key == message.key, OUTBOX.c.type.in_([message.type, message.undone_by]))
        .order_by(OUTBOX.c.sequence.desc())
        .limit(1)
    ).first()
    return last.sequence if last and last.type == message.undone_by else 0


def advance_sequences(
    session: Session, drafts: Iterable[MessageDraft], changes: Sequence[HistoryEntry] = ()
) -> dict[UUID, int]:
    """Advance the sequence of each key by its messages; return the earlier sequences."""
    tally = Tally(draft.message.key for draft in drafts)
    bound = bind_arrays(("key", "told"), list(tally.items()))
    if changes:
        bound |= bind_arrays(HistoryEntry._fields, changes)
    rows = (ADVANCE_AND_WRITE_HISTORY if changes else ADVANCE_SEQUENCES).rows(session, bound)
    return {key: count - tally[key] for key, count in rows}


def make_records(
    drafts: Iterable[MessageDraft], sequences: dict[UUID, int], now: datetime
) -> list[OutboxRecord]:
    """Put each message in its envelope, numbered within its key after `sequences`."""
    records = []
    for message, data, cause, position, _ in drafts:
        key = message.key
        sequences[key] = sequence = sequences[key] + 1
        envelope = Envelope.wrap(message, cause, position, sequence, now, data)
        body = encode(envelope)
        records.append(
            OutboxRecord(
                envelope.id, cause.tenant, message.type, message.topic, key, sequence, body
            )
        )
    return records
