"""The inbox: from records to handlers, each message once, in order, all in one transaction.

Trouble is told apart here. Passing trouble leaves through the top and is waited
out there; a hopeless message is parked, alone; a bug in a handler is tried three
times and then parked with its traceback; a bug in the kernel ends the process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import Envelope, Message, message_name
from shared.kafka.records import ConsumedRecord
from shared.messaging import inbox
from shared.messaging.after_commit import AfterCommit
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
"""Reads, with few statements, the aggregates that handlers of these messages will ask for."""

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

    def handle(messages: Sequence[M], works: UnitOfWorkBatch) -> None:
        for one, work in zip(messages, works.units, strict=True):
            handler(one, work)

    return Subscription(message, handle, preload, is_batched=False)


def on_batch(
    message: type[M],
    handler: Callable[[Sequence[M], UnitOfWorkBatch], None],
    *,
    preload: Preload | None = None,
) -> Subscription:
    """Handle all messages of this type that a batch holds at once, one per key."""
    return Subscription(message, handler, preload, is_batched=True)


def subscribe(*subscriptions: Subscription) -> Subscriptions:
    """Index subscriptions by what they are for."""
    return {subscription.message.type: subscription for subscription in subscriptions}


BeforeHandling: TypeAlias = Callable[[Session, Sequence[ConsumedRecord]], Sequence[ConsumedRecord]]
"""What is written before records are handled, with them: for example a timer is struck out.

Returns those that are still to be handled, and not by another process.
"""


def handle_every_record(_: Session, records: Sequence[ConsumedRecord]) -> Sequence[ConsumedRecord]:
    """Write nothing with records, and have them all handled."""
    return records


class Dispatcher:
    """Hands a service's messages to its handlers."""

    def __init__(
        self,
        sessions: Sessions,
        subscriptions: Subscriptions,
        before_handling: BeforeHandling = handle_every_record,
    ) -> None:
        self._sessions = sessions
        self._subscriptions = subscriptions
        self._names = {message_name(type_) for type_ in subscriptions}
        self._before_handling = before_handling

    def handle_batch(
        self, records: Sequence[ConsumedRecord], now: datetime, after_commit: AfterCommit
    ) -> None:
        """Handle a batch, in one transaction if all goes well.

        Raises:
            PASSING: trouble that is to be waited out. What was done until then is
                done; the rest is to be received again.
        """
        together = partial(retry_on_conflict, partial(self._handle_all, now, after_commit))
        bisect_batch(records, together, partial(self._retry_alone, now, after_commit), PERMANENT)

    def handle_batch_now(
        self, records: Sequence[ConsumedRecord], after_commit: AfterCommit
    ) -> None:
        """Handle a batch at the time it is: for whoever has waited for a turn to write."""
        self.handle_batch(records, datetime.now(UTC), after_commit)

    def _handle_all(
        self, now: datetime, after_commit: AfterCommit, records: Sequence[ConsumedRecord]
    ) -> None:
        with (
            classify_data_errors(),
            begin_transaction(self._sessions, now, after_commit) as transaction,
        ):
            session = transaction.session
            ours = self._before_handling(session, records)
            opened = inbox.mark_handled(session, list(self.open_all(ours)), records, now)
            with classify_handler_errors():
                self.call_handlers(opened, transaction)
                transaction.flush()
        for each in opened:
            metrics.messages(each.envelope.type, "handled").inc()

    def _retry_alone(
        self, now: datetime, after_commit: AfterCommit, record: ConsumedRecord, error: Exception
    ) -> None:
        """Give one record its last chances; then set it aside with the reason."""
        handle = partial(self._handle_all, now, after_commit)
        tries = 1
        while isinstance(error, HandlerError) and tries < MAX_TRIES:
            tries += 1
            try:
                return retry_on_conflict(handle, [record])
            except PERMANENT as again:
                error = again
        return self.add_dead_letter(record, error, now, after_commit)

    def add_dead_letter(
        self, record: ConsumedRecord, error: Exception, now: datetime, after_commit: AfterCommit
    ) -> None:
        """Park one record with the reason, so that those of other keys can pass."""
        with begin_transaction(self._sessions, now, after_commit) as transaction:
            session = transaction.session
            new_dead_letters = [
                dead_letter_for(ours, error) for ours in self._before_handling(session, [record])
            ]
            add(session, new_dead_letters, now)
            inbox.save_offsets(session, [record])
        for new_dead_letter in new_dead_letters:
            metrics.messages(new_dead_letter.type, "parked").inc()

    def add_dead_letter_now(
        self, record: ConsumedRecord, error: Exception, after_commit: AfterCommit
    ) -> None:
        """Park one record at the time it is."""
        self.add_dead_letter(record, error, datetime.now(UTC), after_commit)

    def open_all(self, records: Iterable[ConsumedRecord]) -> Iterator[OpenedMessage]:
        """Yield the messages in these records that somebody here listens to.

        Raises:
            PoisonError: if one cannot be read, or is in a version that nobody here knows.
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
        """Refuse what only looks as if nobody here listened to it."""
        told_older_too = any(type_ in self._subscriptions for type_ in envelope.older)
        if message_name(envelope.type) in self._names and not told_older_too:
            msg = f"nobody here knows {envelope.type}; deploy a reader of it, then retry"
            raise UnknownVersionError(msg)
        metrics.messages(envelope.type, "ignored").inc()

    def call_handlers(self, opened: Sequence[OpenedMessage], transaction: Transaction) -> None:
        """Call the handlers, in an order that keeps that of every key."""
        self.preload(transaction.session, opened)
        for subscription, several in group_by_subscription(opened, self._subscriptions):
            works = [
                transaction.unit_of_work(each.envelope.as_causation, each.envelope.time)
                for each in several
            ]
            subscription.handle(
                [each.message for each in several], UnitOfWorkBatch(transaction, works)
            )

    def preload(self, session: Session, opened: Sequence[OpenedMessage]) -> None:
        """Read the aggregates that the handlers of these messages will ask for."""
        asked: dict[Preload, list[Message]] = {}
        for each in opened:
            if preload := self._subscriptions[each.envelope.type].preload:
                asked.setdefault(preload, []).append(each.message)
        for preload, messages in asked.items():
            preload(session, messages)


def group_by_subscription(
    opened: Iterable[OpenedMessage], subscriptions: Subscriptions
) -> Iterator[tuple[Subscription, list[OpenedMessage]]]:
    """Yield what each handler gets, in an order that keeps that of every key.

    First what came first under each key, by type, then what came second, and so on:
    so a backlog in which each order's messages lie side by side takes no more
    statements than one in which they are mixed.
    """
    turns: dict[UUID, int] = {}
    rounds: dict[tuple[int, str], list[OpenedMessage]] = {}
    for each in opened:
        turn = turns[each.envelope.subject] = turns.get(each.envelope.subject, 0) + 1
        rounds.setdefault((turn, each.envelope.type), []).append(each)
    for (_, type_), several in sorted(rounds.items(), key=lambda each: each[0][0]):
        yield subscriptions[type_], several
