"""The inbox: from records to handlers, each message once, in order, all in one transaction.

Trouble is told apart here. Passing trouble leaves through the top and is waited
out there; a hopeless message is parked, alone; a bug in a handler is tried three
times and then parked with its traceback; a bug in the kernel ends the process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from traceback import format_exception
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared import inbox_rows, metrics
from shared.contracts import Envelope, Message, name_of, read_envelope
from shared.db import Sessions
from shared.errors import DomainError, PoisonError
from shared.inbox_rows import Heard, Record
from shared.outbox import Dispatch
from shared.parking import Parking, Why, park
from shared.work import (
    COLLISION,
    PASSING,
    StubbornCollisionError,
    Transaction,
    Work,
    Works,
    begin,
    divide,
    stubbornly,
)

M = TypeVar("M", bound=Message)
Preload: TypeAlias = Callable[[Session, Sequence[Any]], None]
"""Reads, with few statements, the aggregates that handlers of these messages will ask for."""

MOST_BYTES = 1_000_000
MOST_TRIES = 3


class UnknownVersionError(PoisonError):
    """A fact that we listen to, in a version that we do not know, and in no other."""


class TooLargeError(PoisonError):
    """A message over the size limit."""


class HandlerError(Exception):
    """A handler stumbled over something that it does not know."""


class DeadlyError(Exception):
    """A record that ended the process, again and again."""


HOPELESS = (
    *(msgspec.MsgspecError, PoisonError, DomainError),
    *(HandlerError, StubbornCollisionError, UnicodeDecodeError),
)
"""Trouble that stays however often we try: this message cannot be handled."""


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


@contextmanager
def blaming_the_handler() -> Iterator[None]:
    """Tell a handler's bug from one of the kernel, which must end the process.

    Raises:
        HandlerError: for whatever comes out that nobody knows.
    """
    try:
        yield
    except (*PASSING, *COLLISION, *HOPELESS):
        raise
    except Exception as bug:
        msg = f"{type(bug).__name__}: {bug}"
        raise HandlerError(msg) from bug


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


Companion: TypeAlias = Callable[[Session, Sequence[Record]], None]
"""What is written together with the handling of records, for example a timer struck out."""


class Receiver:
    """Hands a service's messages to its handlers."""

    def __init__(
        self,
        sessions: Sessions,
        subscriptions: Subscriptions,
        companion: Companion | None = None,
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
        with begin(self._sessions, now, dispatch) as transaction:
            heard = inbox_rows.note(transaction.session, list(self.open_all(records)), now)
            with blaming_the_handler():
                self.hand_out(heard, transaction)
            inbox_rows.reach(transaction.session, records)
            if self._companion:
                self._companion(transaction.session, records)
            with blaming_the_handler():
                transaction.flush()

    def _alone(self, now: datetime, dispatch: Dispatch, record: Record, error: Exception) -> None:
        """Give one record its last chances; then set it aside with the reason."""
        tries = MOST_TRIES - 1 if isinstance(error, HandlerError) else 0
        for _ in range(tries):
            try:
                return self._handle_all(now, dispatch, [record])
            except HandlerError as again:
                error = again
        return self.set_aside(record, error, now, dispatch)

    def set_aside(
        self, record: Record, error: Exception, now: datetime, dispatch: Dispatch
    ) -> None:
        """Park one record with the reason, so that those of other keys can pass."""
        with begin(self._sessions, now, dispatch) as transaction:
            parking = _parking(record, error)
            park(transaction.session, [parking], now)
            inbox_rows.reach(transaction.session, [record])
            if self._companion:
                self._companion(transaction.session, [record])
        metrics.messages(parking.type, "parked").inc()

    def open_all(self, records: Iterable[Record]) -> Iterator[Heard]:
        """Yield the messages in these records that somebody here listens to.

        Raises:
            msgspec.MsgspecError: if one does not keep to its contract.
            PoisonError: if one is too large, or in a version that nobody here knows.
        """
        for record in records:
            if len(record.body) > MOST_BYTES:
                msg = f"{len(record.body)} bytes; at most {MOST_BYTES} are read"
                raise TooLargeError(msg)
            envelope = read_envelope(record.body)
            if envelope.type in self._subscriptions:
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
        self._preload(transaction.session, heard)
        for subscription, several in in_turn(heard, self._subscriptions):
            works = [
                transaction.work(each.envelope.as_cause, each.envelope.time) for each in several
            ]
            subscription.handle([each.message for each in several], Works(transaction, works))
            metrics.messages(subscription.message.type, "handled").inc(len(several))

    def _preload(self, session: Session, heard: Sequence[Heard]) -> None:
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

    Messages for an `on_all` handler gather until the end, or until another one
    with a key among theirs arrives.
    """
    gathered: dict[str, list[Heard]] = {}
    waiting: set[UUID] = set()
    for each in heard:
        subscription = subscriptions[each.envelope.type]
        key = each.envelope.subject
        if key in waiting:
            yield from _release(gathered, subscriptions)
            waiting.clear()
        if subscription.at_once:
            gathered.setdefault(each.envelope.type, []).append(each)
            waiting.add(key)
        else:
            yield subscription, [each]
    yield from _release(gathered, subscriptions)


def _release(
    gathered: dict[str, list[Heard]], subscriptions: Subscriptions
) -> Iterator[tuple[Subscription, list[Heard]]]:
    for type_, several in gathered.items():
        yield subscriptions[type_], several
    gathered.clear()


REASONS: tuple[tuple[type[Exception], Why], ...] = (
    (TooLargeError, Why.TOO_LARGE),
    (UnknownVersionError, Why.UNKNOWN_VERSION),
    (DeadlyError, Why.DEADLY),
    (HandlerError, Why.BUG),
    (StubbornCollisionError, Why.COLLISION),
    (PoisonError, Why.RULE_BROKEN),
    (DomainError, Why.RULE_BROKEN),
)


def why(error: Exception) -> Why:
    """Return the class of trouble that an error is of."""
    return next((why for kind, why in REASONS if isinstance(error, kind)), Why.UNREADABLE)


def explain(error: Exception) -> str:
    """Return what a person needs to know of an error: of a bug, the traceback too."""
    if isinstance(error, HandlerError):
        return "".join(format_exception(error.__cause__))
    return f"{type(error).__name__}: {error}"


def _parking(record: Record, error: Exception) -> Parking:
    try:
        envelope = read_envelope(record.body)
        identity, type_ = str(envelope.id), envelope.type
    except (msgspec.MsgspecError, UnicodeDecodeError):
        identity, type_ = record.identity, record.type
    return Parking(
        *(identity, record.source, record.offset, type_, record.key, record.body),
        *(why(error), explain(error)),
    )
