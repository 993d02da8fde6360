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

from shared.contracts import Envelope, Message, name_of
from shared.kafka.records import Record
from shared.messaging import inbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import park
from shared.messaging.failures import (
    HOPELESS,
    HandlerError,
    UnknownVersionError,
    blaming_the_data,
    blaming_the_handler,
    blaming_the_sender,
    parking_of,
    read,
)
from shared.messaging.inbox import Heard
from shared.messaging.unit_of_work import Transaction, Work, Works, begin, divide, stubbornly
from shared.observability import metrics
from shared.persistence.database import Sessions

M = TypeVar("M", bound=Message)
Preload: TypeAlias = Callable[[Session, Sequence[Any]], None]
"""Reads, with few statements, the aggregates that handlers of these messages will ask for."""

MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Subscription:
    """How a service handles one type of message."""

    message: type[Message]
    handle: Callable[[Sequence[Any], Works], None]
    needs: Preload | None
    at_once: bool
    """The handler takes all messages of a batch at once, not one by one."""


Subscriptions: TypeAlias = dict[str, Subscription]
"""By type, as on the wire."""


def on(
    message: type[M], handler: Callable[[M, Work], None], *, needs: Preload | None = None
) -> Subscription:
    """Handle messages of this type one by one; `needs` reads their aggregates beforehand."""

    def handle(messages: Sequence[M], works: Works) -> None:
        for one, work in zip(messages, works.each, strict=True):
            handler(one, work)

    return Subscription(message, handle, needs, at_once=False)


def on_all(
    message: type[M],
    handler: Callable[[Sequence[M], Works], None],
    *,
    needs: Preload | None = None,
) -> Subscription:
    """Handle all messages of this type that a batch holds at once, one per key."""
    return Subscription(message, handler, needs, at_once=True)


def subscribe(*subscriptions: Subscription) -> Subscriptions:
    """Index subscriptions by what they are for."""
    return {subscription.message.type: subscription for subscription in subscriptions}


Companion: TypeAlias = Callable[[Session, Sequence[Record]], Sequence[Record]]
"""What is written before records are handled, with them: for example a timer is struck out.

Returns those that are still to be handled, and not by another process.
"""


def nothing(_: Session, records: Sequence[Record]) -> Sequence[Record]:
    """Write nothing with records, and have them all handled."""
    return records


class Receiver:
    """Hands a service's messages to its handlers."""

    def __init__(
        self,
        sessions: Sessions,
        subscriptions: Subscriptions,
        companion: Companion = nothing,
    ) -> None:
        self._sessions = sessions
        self._subscriptions = subscriptions
        self._names = {name_of(type_) for type_ in subscriptions}
        self._companion = companion

    def receive(self, records: Sequence[Record], now: datetime, dispatch: Dispatch) -> None:
        """Handle a batch, in one transaction if all goes well.

        Raises:
            PASSING: trouble that is to be waited out. What was done until then is
                done; the rest is to be received again.
        """
        together = partial(stubbornly, partial(self._handle_all, now, dispatch))
        divide(records, together, partial(self._alone, now, dispatch), HOPELESS)

    def receive_now(self, records: Sequence[Record], dispatch: Dispatch) -> None:
        """Handle a batch at the time it is: for whoever has waited for a turn to write."""
        self.receive(records, datetime.now(UTC), dispatch)

    def _handle_all(self, now: datetime, dispatch: Dispatch, records: Sequence[Record]) -> None:
        with blaming_the_data(), begin(self._sessions, now, dispatch) as transaction:
            session = transaction.session
            ours = self._companion(session, records)
            heard = inbox.note(session, list(self.open_all(ours)), records, now)
            with blaming_the_handler():
                self.hand_out(heard, transaction)
                transaction.flush()
        for each in heard:
            metrics.messages(each.envelope.type, "handled").inc()

    def _alone(self, now: datetime, dispatch: Dispatch, record: Record, error: Exception) -> None:
        """Give one record its last chances; then set it aside with the reason."""
        handle = partial(self._handle_all, now, dispatch)
        tries = 1
        while isinstance(error, HandlerError) and tries < MOST_TRIES:
            tries += 1
            try:
                return stubbornly(handle, [record])
            except HOPELESS as again:
                error = again
        return self.set_aside(record, error, now, dispatch)

    def set_aside(
        self, record: Record, error: Exception, now: datetime, dispatch: Dispatch
    ) -> None:
        """Park one record with the reason, so that those of other keys can pass."""
        with begin(self._sessions, now, dispatch) as transaction:
            session = transaction.session
            parkings = [parking_of(ours, error) for ours in self._companion(session, [record])]
            park(session, parkings, now)
            inbox.reach(session, [record])
        for parking in parkings:
            metrics.messages(parking.type, "parked").inc()

    def set_aside_now(self, record: Record, error: Exception, dispatch: Dispatch) -> None:
        """Park one record at the time it is."""
        self.set_aside(record, error, datetime.now(UTC), dispatch)

    def open_all(self, records: Iterable[Record]) -> Iterator[Heard]:
        """Yield the messages in these records that somebody here listens to.

        Raises:
            PoisonError: if one cannot be read, or is in a version that nobody here knows.
        """
        for record in records:
            if record.type and name_of(record.type) not in self._names:
                metrics.messages(record.type, "ignored").inc()
                continue
            envelope = read(record)
            if envelope.type in self._subscriptions:
                with blaming_the_sender():
                    message = envelope.open()
                assert message is not None
                yield Heard(record, envelope, message)
            else:
                self._must_be_of_no_interest(envelope)

    def _must_be_of_no_interest(self, envelope: Envelope) -> None:
        """Refuse what only looks as if nobody here listened to it."""
        told_older_too = any(type_ in self._subscriptions for type_ in envelope.older)
        if name_of(envelope.type) in self._names and not told_older_too:
            msg = f"nobody here knows {envelope.type}; deploy a reader of it, then retry"
            raise UnknownVersionError(msg)
        metrics.messages(envelope.type, "ignored").inc()

    def hand_out(self, heard: Sequence[Heard], transaction: Transaction) -> None:
        """Call the handlers, in an order that keeps that of every key."""
        self.preload(transaction.session, heard)
        for subscription, several in in_turn(heard, self._subscriptions):
            works = [
                transaction.work(each.envelope.as_cause, each.envelope.time) for each in several
            ]
            subscription.handle([each.message for each in several], Works(transaction, works))

    def preload(self, session: Session, heard: Sequence[Heard]) -> None:
        """Read the aggregates that the handlers of these messages will ask for."""
        asked: dict[Preload, list[Message]] = {}
        for each in heard:
            if needs := self._subscriptions[each.envelope.type].needs:
                asked.setdefault(needs, []).append(each.message)
        for needs, messages in asked.items():
            needs(session, messages)


def in_turn(
    heard: Iterable[Heard], subscriptions: Subscriptions
) -> Iterator[tuple[Subscription, list[Heard]]]:
    """Yield what each handler gets, in an order that keeps that of every key.

    First what came first under each key, by type, then what came second, and so on:
    so a backlog in which each order's messages lie side by side takes no more
    statements than one in which they are mixed.
    """
    turns: dict[UUID, int] = {}
    rounds: dict[tuple[int, str], list[Heard]] = {}
    for each in heard:
        turn = turns[each.envelope.subject] = turns.get(each.envelope.subject, 0) + 1
        rounds.setdefault((turn, each.envelope.type), []).append(each)
    for (_, type_), several in sorted(rounds.items(), key=lambda each: each[0][0]):
        yield subscriptions[type_], several
