"""Work: what handlers do. Many pieces share one transaction, and do not know it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from shared.calls.call_store import Wish
from shared.calls.outbound_call import Attempt
from shared.contracts import Cause, Message
from shared.errors import CollisionError, UnprovenError
from shared.messaging import outbox
from shared.messaging.after_commit import Dispatch, Told
from shared.messaging.dead_letters import HAS_PARKED
from shared.messaging.outbox import Draft
from shared.persistence import audit_log
from shared.persistence.audit_log import Entry
from shared.persistence.database import Sessions, writings
from shared.persistence.history import Change
from shared.persistence.repository import shelves, write_shelves
from shared.scheduling import timer_store
from shared.scheduling.timer_store import Reminder

I = TypeVar("I")  # noqa: E741  an item
R = TypeVar("R")

PASSING = (OperationalError, InterfaceError, PoolTimeoutError, UnprovenError)
"""Trouble that goes away by itself: the database restarts, a lock is held too long."""

COLLISION = (CollisionError, IntegrityError)
"""Two transactions met, or a rule of the database was broken; a few more tries tell which."""

MOST_COLLISIONS = 10


class StubbornCollisionError(Exception):
    """It collided so often that it cannot be chance."""


@dataclass(slots=True)
class Transaction:
    """One transaction, and what its pieces of work want written at its end."""

    session: Session
    now: datetime
    drafts: list[Draft] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    attempts: list[Wish] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def work(self, cause: Cause, told_at: datetime | None = None) -> "Work":
        """Return the view of this transaction that one handler gets."""
        return Work(self, cause, told_at or self.now)

    def flush(self) -> None:
        """Write the aggregates that were put, so that what is wrong with them shows."""
        write_shelves(self.session)

    def finish(self, dispatch: Dispatch) -> Told:
        """Write all that waits; return what is to be sent, and called, once it is committed."""
        session, now = self.session, self.now
        self.flush()
        timer_store.set_all(session, self.reminders, now)
        drafts = outbox.apart_from(session, self.drafts, dispatch.taken_over)
        letters, behind = outbox.store(session, drafts, self.changes, now, dispatch.teller)
        claims = dispatch.caller.wish(session, self.attempts, now) if self.attempts else []
        wakes = len(claims) < len(self.attempts)
        audit_log.append(session, self.entries)
        parks = HAS_PARKED in session.info
        return Told(letters, behind, bool(self.reminders), claims, wakes, parks)

    @property
    def extent(self) -> int:
        """How much was changed: it grows with every change that a piece of work makes."""
        put = sum(shelf.puts(self.session) for shelf in shelves(self.session))
        told = len(self.drafts) + len(self.reminders) + len(self.attempts)
        return writings(self.session) + put + told + len(self.changes) + len(self.entries)


@dataclass(slots=True)
class Work:
    """All that a handler may touch: the session, the time, and the way out.

    Handlers never commit; whoever opened the transaction does.
    """

    transaction: Transaction
    cause: Cause
    told_at: datetime
    """When what is handled was told; orders nothing within a key, sequence does."""

    position: int = 0

    @property
    def session(self) -> Session:
        """The session, for the store."""
        return self.transaction.session

    @property
    def now(self) -> datetime:
        """The time of this work; the same however long it takes."""
        return self.transaction.now

    @property
    def tenant(self) -> str:
        """Whose data it is about."""
        return self.cause.tenant

    @property
    def local_network(self) -> str:
        """The area it is about, where it is known."""
        return self.cause.local_network

    def emit(self, *messages: Message) -> None:
        """Tell the other services, if and only if this work commits."""
        for message in messages:
            self.transaction.drafts.append(self._draft(message))

    def remind(self, at: datetime, message: Message) -> None:
        """Have a private message handled by this service, at a time or soon after."""
        self.transaction.reminders.append(Reminder(at, self._draft(message)))

    def attempt(self, attempt: Attempt) -> None:
        """Have an operation done on a network element, once this work is committed."""
        self.transaction.attempts.append((attempt, self.cause))

    def note(  # noqa: PLR0913  a row of the history has so many columns
        self,
        kind: str,
        subject: UUID | str,
        was: str,
        became: str,
        *,
        part: str = "",
        reason: str = "",
    ) -> None:
        """Append a change of state to the history."""
        change = Change(
            *(self.transaction.now, self.cause.tenant, kind, str(subject), part),
            *(was, became, reason, self.cause.id, self.cause.actor),
        )
        self.transaction.changes.append(change)

    def audit(self, action: str, subject: str, *, reason: str = "", things: int = 1) -> None:
        """Append to the audit what a person does here, and why."""
        cause = self.cause
        entry = Entry(
            *(self.transaction.now, cause.tenant, cause.actor, cause.client, cause.role),
            *(action, subject, things, reason, cause.id),
        )
        self.transaction.entries.append(entry)

    def _draft(self, message: Message) -> Draft:
        draft = Draft.of(message, self.cause, self.position)
        self.position += 1
        return draft


@dataclass(frozen=True, slots=True)
class Works:
    """The works of several messages, for a handler that takes them all at once."""

    transaction: Transaction
    each: Sequence[Work]

    @property
    def session(self) -> Session:
        """The session, for the store."""
        return self.transaction.session

    @property
    def now(self) -> datetime:
        """The time of this work."""
        return self.transaction.now

    def answer(self, answers: Iterable[Message]) -> None:
        """Tell the n-th answer on behalf of the n-th message."""
        for work, answer in zip(self.each, answers, strict=True):
            work.emit(answer)


@contextmanager
def begin(sessions: Sessions, now: datetime, dispatch: Dispatch) -> Iterator[Transaction]:
    """Open a transaction; commit at the end, or roll back on any exception.

    What it told is added to `dispatch` once it is committed, and never before.

    Raises:
        UnprovenError: if the database was lost since the turn of the writing thread began.
    """
    with sessions.begin() as session:
        transaction = Transaction(session, now)
        yield transaction
        told = transaction.finish(dispatch)
        dispatch.recheck()
    dispatch.told.append(told)


def divide(
    batch: Sequence[I],
    together: Callable[[Sequence[I]], None],
    alone: Callable[[I, Exception], None],
    hopeless: tuple[type[Exception], ...],
) -> None:
    """Do a batch together; if it fails, each half; what fails alone is told apart.

    So one bad item costs twice the logarithm of the batch, not the batch. Passing
    trouble is nobody's fault and leaves at once.
    """
    try:
        together(batch)
    except PASSING:
        raise
    except hopeless as error:
        if len(batch) == 1:
            alone(batch[0], error)
            return
    else:
        return
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        divide(half, together, alone, hopeless)


def stubbornly(together: Callable[[Sequence[I]], R], batch: Sequence[I]) -> R:
    """Do a batch again when it collides with another transaction, but not for ever.

    Raises:
        StubbornCollisionError: if it keeps colliding.
    """
    for _ in range(MOST_COLLISIONS - 1):
        try:
            return together(batch)
        except COLLISION:
            continue
    try:
        return together(batch)
    except COLLISION as error:
        msg = f"collided {MOST_COLLISIONS} times: {error}"
        raise StubbornCollisionError(msg) from error
