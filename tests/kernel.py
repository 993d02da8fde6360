"""Helpers around the kernel for tests: consuming, publishing, reading tables, a fake broker."""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from shared.contracts import Causation, Envelope, Message, encode, read_envelope
from shared.kafka import admin
from shared.kafka.record_types import ConsumedRecord, OutboxRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterRow
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.inbox import next_offsets
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Base, Sessions
from shared.persistence.history import HistoryRow
from shared.recovery.recovery_store import RecoveryRow, RecoveryState
from tests.conftest import NOON

TENANT = "jiangsu"
_offsets = iter(range(1, 1 << 31))


def cause_of(message: Message, tenant: str = TENANT) -> Causation:
    """Return a causation that is always the same for one key."""
    return Causation(message.key, message.key, tenant)


def record_of(
    message: Message,
    cause: Causation | None = None,
    *,
    published_at: datetime = NOON,
    offset: int = 0,
    sequence: int = 1,
) -> ConsumedRecord:
    """Return the Kafka record of a message."""
    envelope = Envelope.wrap(message, cause or cause_of(message), 0, sequence, published_at)
    source = f"{message.topic}/{message.key.int % 12}"
    return ConsumedRecord(
        source, offset or next(_offsets), message.key.bytes, encode(envelope), message.type
    )


def consume(
    sessions: Sessions,
    subscriptions: Subscriptions,
    *messages: Message,
    tenant: str = TENANT,
    now: datetime = NOON,
) -> CommitContext:
    """Handle these messages as one batch; return what is to publish after the commit."""
    records = [record_of(message, cause_of(message, tenant)) for message in messages]
    return consume_records(sessions, subscriptions, records, now=now)


def consume_records(
    sessions: Sessions,
    subscriptions: Subscriptions,
    records: Sequence[ConsumedRecord],
    *,
    now: datetime = NOON,
) -> CommitContext:
    """Handle these records as one batch."""
    commit_context = CommitContext(uuid4())
    Dispatcher(sessions, subscriptions).handle_batch(records, now, commit_context)
    return commit_context


def commit_messages(
    sessions: Sessions, *messages: Message, publisher_id: UUID | None = None
) -> CommitContext:
    """Commit a transaction that publishes these messages."""
    commit_context = CommitContext(publisher_id or uuid4())
    commit_messages_in(sessions, commit_context, *messages)
    return commit_context


def commit_messages_in(
    sessions: Sessions, commit_context: CommitContext, *messages: Message, now: datetime = NOON
) -> None:
    """Commit a transaction that publishes these messages, to be published with `commit_context`."""
    with begin_transaction(sessions, now, commit_context) as transaction:
        for message in messages:
            own = Causation(uuid4(), message.key, TENANT)
            transaction.unit_of_work(own).publish(message)


def published(sessions: Sessions) -> list[Message]:
    """Return all messages that a service has published, in their order."""
    return [message for envelope in envelopes(sessions) if (message := envelope.open())]


def envelopes(sessions: Sessions) -> list[Envelope]:
    """Return the envelopes of all messages that a service has published."""
    with sessions() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.position))
        return [read_envelope(body) for body in bodies]


def published_types(sessions: Sessions) -> list[str]:
    """Return the types of all messages that a service has published."""
    return [message.type for message in published(sessions)]


def dead_letter_rows(sessions: Sessions) -> list[DeadLetterRow]:
    """Return all dead letters ever."""
    with sessions() as session:
        return list(session.scalars(select(DeadLetterRow).order_by(DeadLetterRow.position)))


def history(sessions: Sessions) -> list[tuple[str, str, str, str]]:
    """Return kind, part, state before and after of each change."""
    with sessions() as session:
        rows = session.scalars(select(HistoryRow).order_by(HistoryRow.position))
        return [(row.kind, row.part, row.was, row.became) for row in rows]


def consumed_offsets(sessions: Sessions) -> dict[str, int]:
    """Return the next offset of each partition."""
    with sessions() as session:
        return next_offsets(session)


def count_of(sessions: Sessions, table: type[Base]) -> int:
    """Return how many rows a table has."""
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


@contextmanager
def statements(sessions: Sessions) -> Iterator[list[str]]:
    """Collect the statements that are executed inside."""
    collected: list[str] = []

    def collect(*execution: Any) -> None:
        collected.append(execution[2])

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", collect)
    try:
        yield collected
    finally:
        event.remove(engine, "before_cursor_execute", collect)


def database_outage() -> OperationalError:
    """Return what the driver raises when the database is out."""
    return OperationalError("", {}, OSError("the server is gone"))


async def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Wait for a condition; the timeout is long, because the machine may be busy.

    Raises:
        TimeoutError: if it does not become true.
    """
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  the condition sets no event
            await asyncio.sleep(0.01)


class FakeBroker:
    """Confirms records at once. All fake brokers share their offsets, as one broker would."""

    _taken = 0

    def __init__(self) -> None:
        self.got: list[OutboxRecord] = []
        self.opened = 0

    async def open(self) -> None:
        """Count the call."""
        self.opened += 1

    async def close(self) -> None:
        """Do nothing."""

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Store a record and confirm it."""
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        sent.set_result(SimpleNamespace(partition=record.key.int % 12, offset=FakeBroker._taken))
        FakeBroker._taken += 1
        self.got.append(record)
        return sent

    async def end_offsets(self) -> dict[str, int]:
        """Return end offsets in all partitions that the next record follows."""
        return dict.fromkeys(admin.partition_names(), FakeBroker._taken)


def note_recovery(
    sessions: Sessions, noticed_at: datetime, state: RecoveryState = RecoveryState.DONE
) -> None:
    """Store a recovery of a database that lost a minute."""
    with sessions.begin() as session:
        session.add(
            RecoveryRow(
                id=uuid4(),
                noticed_at=noticed_at + timedelta(seconds=1),
                lost_from=noticed_at - timedelta(minutes=1),
                state=state,
                taken_over=0,
                replayed=0,
                missing="",
                ended_at=noticed_at if state is RecoveryState.DONE else None,
                acknowledged_by="",
            )
        )
