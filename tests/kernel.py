"""The kernel's pieces, small enough for a test."""

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
from shared.kafka.records import ConsumedRecord, OutboxRecord
from shared.messaging.after_commit import AfterCommit
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
    """Return a cause that is always the same for one key."""
    return Causation(message.key, message.key, tenant)


def record_of(
    message: Message, cause: Causation | None = None, *, told_at: datetime = NOON, offset: int = 0
) -> ConsumedRecord:
    """Return `message` as it comes from Kafka."""
    envelope = Envelope.wrap(message, cause or cause_of(message), 0, 1, told_at)
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
) -> AfterCommit:
    """Let a service handle these messages as one batch; return what it told."""
    records = [record_of(message, cause_of(message, tenant)) for message in messages]
    return consume_records(sessions, subscriptions, records, now=now)


def consume_records(
    sessions: Sessions,
    subscriptions: Subscriptions,
    records: Sequence[ConsumedRecord],
    *,
    now: datetime = NOON,
) -> AfterCommit:
    """Let a service handle these records as one batch."""
    after_commit = AfterCommit(uuid4())
    Dispatcher(sessions, subscriptions).handle_batch(records, now, after_commit)
    return after_commit


def commit_messages(
    sessions: Sessions, *messages: Message, teller: UUID | None = None
) -> AfterCommit:
    """Commit a transaction that tells these messages."""
    after_commit = AfterCommit(teller or uuid4())
    commit_messages_in(sessions, after_commit, *messages)
    return after_commit


def commit_messages_in(
    sessions: Sessions, after_commit: AfterCommit, *messages: Message, now: datetime = NOON
) -> None:
    """Commit a transaction that tells these messages, in a turn of the writing thread."""
    with begin_transaction(sessions, now, after_commit) as transaction:
        for message in messages:
            own = Causation(uuid4(), message.key, TENANT)
            transaction.unit_of_work(own).publish(message)


def published(sessions: Sessions) -> list[Message]:
    """Return all that a service has told, in its order."""
    return [message for envelope in envelopes(sessions) if (message := envelope.open())]


def envelopes(sessions: Sessions) -> list[Envelope]:
    """Return all that a service has told, as it leaves."""
    with sessions() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.position))
        return [read_envelope(body) for body in bodies]


def published_types(sessions: Sessions) -> list[str]:
    """Return the types of all that a service has told."""
    return [message.type for message in published(sessions)]


def dead_letter_rows(sessions: Sessions) -> list[DeadLetterRow]:
    """Return all that was ever parked."""
    with sessions() as session:
        return list(session.scalars(select(DeadLetterRow).order_by(DeadLetterRow.position)))


def history(sessions: Sessions) -> list[tuple[str, str, str, str]]:
    """Return kind, part, state before and after of each change."""
    with sessions() as session:
        rows = session.scalars(select(HistoryRow).order_by(HistoryRow.position))
        return [(row.kind, row.part, row.was, row.became) for row in rows]


def consumed_offsets(sessions: Sessions) -> dict[str, int]:
    """Return how far each partition was read."""
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
    """Wait for a condition, and not for ever: the machine may be busy.

    Raises:
        TimeoutError: if it does not come true.
    """
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  what is waited for sets no event
            await asyncio.sleep(0.01)


class FakeBroker:
    """Takes records, and says so at once; it has what another one of the same test was given."""

    _taken = 0

    def __init__(self) -> None:
        self.got: list[OutboxRecord] = []
        self.opened = 0

    async def open(self) -> None:
        """Be there."""
        self.opened += 1

    async def close(self) -> None:
        """Go."""

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Take a record."""
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        sent.set_result(SimpleNamespace(partition=record.key.int % 12, offset=FakeBroker._taken))
        FakeBroker._taken += 1
        self.got.append(record)
        return sent

    async def end_offsets(self) -> dict[str, int]:
        """Be so full everywhere that the next record follows."""
        return dict.fromkeys(admin.partition_names(), FakeBroker._taken)


def note_recovery(
    sessions: Sessions, noticed_at: datetime, state: RecoveryState = RecoveryState.DONE
) -> None:
    """Have the database know that it was set back by a minute."""
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
