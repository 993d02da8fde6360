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

from shared.contracts import Cause, Envelope, Message, encode, read_envelope
from shared.kafka import admin
from shared.kafka.records import OutboxRecord, Record
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import ParkedRow
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.inbox import reached
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import begin
from shared.persistence.database import Base, Sessions
from shared.persistence.history import HistoryRow
from shared.recovery.rows import RecoveryRow, RecoveryState
from tests.conftest import NOON

TENANT = "jiangsu"
_offsets = iter(range(1, 1 << 31))


def cause_of(message: Message, tenant: str = TENANT) -> Cause:
    """Return a cause that is always the same for one key."""
    return Cause(message.key, message.key, tenant)


def record_of(
    message: Message, cause: Cause | None = None, *, told_at: datetime = NOON, offset: int = 0
) -> Record:
    """Return `message` as it comes from Kafka."""
    envelope = Envelope.around(message, cause or cause_of(message), 0, 1, told_at)
    source = f"{message.topic}/{message.key.int % 12}"
    return Record(
        source, offset or next(_offsets), message.key.bytes, encode(envelope), message.type
    )


def hear(
    sessions: Sessions,
    subscriptions: Subscriptions,
    *messages: Message,
    tenant: str = TENANT,
    now: datetime = NOON,
) -> Dispatch:
    """Let a service handle these messages as one batch; return what it told."""
    records = [record_of(message, cause_of(message, tenant)) for message in messages]
    return hear_records(sessions, subscriptions, records, now=now)


def hear_records(
    sessions: Sessions,
    subscriptions: Subscriptions,
    records: Sequence[Record],
    *,
    now: datetime = NOON,
) -> Dispatch:
    """Let a service handle these records as one batch."""
    dispatch = Dispatch(uuid4())
    Receiver(sessions, subscriptions).receive(records, now, dispatch)
    return dispatch


def tell(sessions: Sessions, *messages: Message, teller: UUID | None = None) -> Dispatch:
    """Commit a transaction that tells these messages."""
    dispatch = Dispatch(teller or uuid4())
    tell_in(sessions, dispatch, *messages)
    return dispatch


def tell_in(
    sessions: Sessions, dispatch: Dispatch, *messages: Message, now: datetime = NOON
) -> None:
    """Commit a transaction that tells these messages, in a turn of the writing thread."""
    with begin(sessions, now, dispatch) as transaction:
        for message in messages:
            own = Cause(uuid4(), message.key, TENANT)
            transaction.work(own).emit(message)


def told(sessions: Sessions) -> list[Message]:
    """Return all that a service has told, in its order."""
    return [message for envelope in envelopes(sessions) if (message := envelope.open())]


def envelopes(sessions: Sessions) -> list[Envelope]:
    """Return all that a service has told, as it leaves."""
    with sessions() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.position))
        return [read_envelope(body) for body in bodies]


def types_told(sessions: Sessions) -> list[str]:
    """Return the types of all that a service has told."""
    return [message.type for message in told(sessions)]


def parked(sessions: Sessions) -> list[ParkedRow]:
    """Return all that was ever parked."""
    with sessions() as session:
        return list(session.scalars(select(ParkedRow).order_by(ParkedRow.position)))


def history(sessions: Sessions) -> list[tuple[str, str, str, str]]:
    """Return kind, part, state before and after of each change."""
    with sessions() as session:
        rows = session.scalars(select(HistoryRow).order_by(HistoryRow.position))
        return [(row.kind, row.part, row.was, row.became) for row in rows]


def places(sessions: Sessions) -> dict[str, int]:
    """Return how far each partition was read."""
    with sessions() as session:
        return reached(session)


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


def passing_trouble() -> OperationalError:
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


class Broker:
    """Takes letters, and says so at once; it has what another one of the same test was given."""

    _taken = 0

    def __init__(self) -> None:
        self.got: list[OutboxRecord] = []
        self.opened = 0

    async def open(self) -> None:
        """Be there."""
        self.opened += 1

    async def close(self) -> None:
        """Go."""

    async def send(self, letter: OutboxRecord) -> "Future[Any]":
        """Take a letter."""
        sent: Future[Any] = asyncio.get_running_loop().create_future()
        sent.set_result(SimpleNamespace(partition=letter.key.int % 12, offset=Broker._taken))
        Broker._taken += 1
        self.got.append(letter)
        return sent

    async def ends(self) -> dict[str, int]:
        """Be so full everywhere that the next letter follows."""
        return dict.fromkeys(admin.sources(), Broker._taken)


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
