"""The dispatcher: passes messages to handlers, each once, in order, all in one transaction.

Errors are classified here. A transient error is raised to the caller, which
retries; a message that can never be handled is parked alone; a bug in a handler is tried
three times, then parked with its traceback; a bug in the kernel ends the process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import Envelope, Message, message_name
from shared.kafka.record_types import ConsumedRecord
from shared.messaging import inbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import add
from shared.messaging.failures import (
    PERMANENT,
    HandlerError,
    UnknownVersionError,
    classify_data_errors,
    classify_handler_errors,
    classify_read_errors,
    dead_letter_for,
    read_record,
)
from shared.messaging.inbox import OpenedMessage
from shared.messaging.unit_of_work import (
    Transaction,
    UnitOfWork,
    UnitOfWorkBatch,
    begin_transaction,
    bisect_batch,
    retry_on_conflict,
)
from shared.observability import metrics
from shared.persistence.database import Sessions

M = TypeVar("M", bound=Message)
Preload: TypeAlias = Callable[[Session, Sequence[Any]], None]
"""Reads, with few statements, the aggregates that the handlers of these messages need."""

MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class Subscription:
    """How a service handles one type of message."""

    message: type[Message]
    handle: Callable[[Sequence[Any], UnitOfWorkBatch], None]
    preload: Preload | None
    is_batched: bool
    """The handler takes all messages of a batch at once, not one by one."""


Subscriptions: TypeAlias = dict[str, Subscription]
"""By type, as on the wire."""


def on(
    message: type[M], handler: Callable[[M, UnitOfWork], None], *, preload: Preload | None = None
) -> Subscription:
    """Handle messages of this type one by one; `preload` reads their aggregates beforehand."""

    def handle(messages: Sequence[M], batch: UnitOfWorkBatch) -> None:
        for each, work in zip(messages, batch.units, strict=True):
            handler(each, work)

    return Subscription(message, handle, preload, is_batched=False)


def on_batch(
    message: type[M],
    handler: Callable[[Sequence[M], UnitOfWorkBatch], None],
    *,
    preload: Preload | None = None,
) -> Subscription:
    """Handle all messages of this type that a batch holds at once, one per key."""
    return Subscription(message, handler, preload, is_batched=True)


def index_subscriptions(*subscriptions: Subscription) -> Subscriptions:
    """Index subscriptions by message type."""
    return {subscription.message.type: subscription for subscription in subscriptions}


BeforeHandling: TypeAlias = Callable[[Session, Sequence[ConsumedRecord]], Sequence[ConsumedRecord]]
"""Writes in the transaction of these records before they are handled: e.g. deletes their timers.

Returns the records to handle: without those that another process handles or has handled.
"""


def accept_every_record(_: Session, records: Sequence[ConsumedRecord]) -> Sequence[ConsumedRecord]:
    """Write nothing, and have all records handled."""
    return records


class Dispatcher:
    """Hands a service's messages to its handlers."""

    def __init__(
        self,
        sessions: Sessions,
        subscriptions: Subscriptions,
        before_handling: BeforeHandling = accept_every_record,
    ) -> None:
        self._sessions = sessions
        self._subscriptions = subscriptions
        self._names = {message_name(type_) for type_ in subscriptions}
        self._before_handling = before_handling

    def handle_batch(
        self, records: Sequence[ConsumedRecord], now: datetime, commit_context: CommitContext
    ) -> None:
        """Handle a batch, in one transaction if no record fails.

        Raises:
            TRANSIENT: an error to be retried. What was committed before it stays
                committed; the other records are to be consumed again.
        """
        together = partial(retry_on_conflict, partial(self._handle_all, now, commit_context))
        bisect_batch(
            records,
            together,
            partial(self._retry_or_add_dead_letter, now, commit_context),
            PERMANENT,
        )

    def handle_batch_now(
        self, records: Sequence[ConsumedRecord], commit_context: CommitContext
    ) -> None:
        """Handle a batch at the current time: for callers that waited for the writing thread."""
        self.handle_batch(records, datetime.now(UTC), commit_context)

    def _handle_all(
        self, now: datetime, commit_context: CommitContext, records: Sequence[ConsumedRecord]
    ) -> None:
        with (
            classify_data_errors(),
            begin_transaction(self._sessions, now, commit_context) as transaction,
        ):
            session = transaction.session
            to_handle = self._before_handling(session, records)
            opened = inbox.claim_unhandled(session, list(self.open_all(to_handle)), records, now)
            with classify_handler_errors():
                self.call_handlers(opened, transaction)
                transaction.flush()
        for each in opened:
            metrics.messages(each.envelope.type, "handled").inc()

    def _retry_or_add_dead_letter(
        self, now: datetime, commit_context: CommitContext, record: ConsumedRecord, error: Exception
    ) -> None:
        """Retry one record after a handler error; then park it with the reason."""
        handle = partial(self._handle_all, now, commit_context)
        tries = 1
        while isinstance(error, HandlerError) and tries < MAX_TRIES:
            tries += 1
            try:
                return retry_on_conflict(handle, [record])
            except PERMANENT as again:
                error = again
        return self.add_dead_letter(record, error, now, commit_context)

    def add_dead_letter(
        self, record: ConsumedRecord, error: Exception, now: datetime, commit_context: CommitContext
    ) -> None:
        """Park one record with the reason, so that records of other keys are handled."""
        with begin_transaction(self._sessions, now, commit_context) as transaction:
            session = transaction.session
            new_dead_letters = [
                dead_letter_for(each, error) for each in self._before_handling(session, [record])
            ]
            add(session, new_dead_letters, now)
            inbox.save_offsets(session, [record])
        for new_dead_letter in new_dead_letters:
            metrics.messages(new_dead_letter.type, "parked").inc()

    def add_dead_letter_now(
        self, record: ConsumedRecord, error: Exception, commit_context: CommitContext
    ) -> None:
        """Park one record at the current time."""
        self.add_dead_letter(record, error, datetime.now(UTC), commit_context)

    def open_all(self, records: Iterable[ConsumedRecord]) -> Iterator[OpenedMessage]:
        """Yield the messages in these records that this service subscribes to.

        Raises:
            PoisonError: if one cannot be read, or is in an unknown version.
        """
        for record in records:
            if record.type and message_name(record.type) not in self._names:
                metrics.messages(record.type, "ignored").inc()
                continue
            envelope = read_record(record)
            if envelope.type in self._subscriptions:
                with classify_read_errors():
                    message = envelope.open()
                assert message is not None
                yield OpenedMessage(record, envelope, message)
            else:
                self._require_ignorable(envelope)

    def _require_ignorable(self, envelope: Envelope) -> None:
        """Raise UnknownVersionError for a subscribed message in unknown versions only."""
        has_known_version = any(type_ in self._subscriptions for type_ in envelope.older)
        if message_name(envelope.type) in self._names and not has_known_version:
            msg = f"the version {envelope.type} is unknown; deploy a reader of it, then retry"
            raise UnknownVersionError(msg)
        metrics.messages(envelope.type, "ignored").inc()

    def call_handlers(self, opened: Sequence[OpenedMessage], transaction: Transaction) -> None:
        """Call the handlers, in an order that keeps the order of each key."""
        self.preload(transaction.session, opened)
        for subscription, several in group_by_subscription(opened, self._subscriptions):
            units = [unit_of_work_for(each.envelope, transaction) for each in several]
            subscription.handle(
                [each.message for each in several], UnitOfWorkBatch(transaction, units)
            )

    def preload(self, session: Session, opened: Sequence[OpenedMessage]) -> None:
        """Read the aggregates that the handlers of these messages need."""
        to_preload: dict[Preload, list[Message]] = {}
        for each in opened:
            if preload := self._subscriptions[each.envelope.type].preload:
                to_preload.setdefault(preload, []).append(each.message)
        for preload, messages in to_preload.items():
            preload(session, messages)


def unit_of_work_for(envelope: Envelope, transaction: Transaction) -> UnitOfWork:
    """Return the unit of work of the handler of a message."""
    return transaction.unit_of_work(envelope.as_causation, envelope.time, envelope.sequence)


def group_by_subscription(
    opened: Iterable[OpenedMessage], subscriptions: Subscriptions
) -> Iterator[tuple[Subscription, list[OpenedMessage]]]:
    """Yield the messages for each handler, in an order that keeps the order of each key.

    First the first message of each key, by type, then the second ones, and so on:
    so a backlog in which the messages of each order are adjacent takes no more
    statements than a mixed one.
    """
    positions: dict[UUID, int] = {}
    rounds: dict[tuple[int, str], list[OpenedMessage]] = {}
    for each in opened:
        key = each.envelope.subject
        position = positions[key] = positions.get(key, 0) + 1
        rounds.setdefault((position, each.envelope.type), []).append(each)
    for (_, type_), several in sorted(rounds.items(), key=lambda each: each[0][0]):
        yield subscriptions[type_], several
