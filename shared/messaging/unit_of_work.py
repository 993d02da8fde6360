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

from shared.contracts import Cause, Message
from shared.errors import CollisionError, UnprovenError
from shared.messaging import outbox
from shared.messaging.after_commit import Addition, Dispatch, Told
from shared.messaging.dead_letters import HAS_PARKED
from shared.messaging.outbox import Draft
from shared.persistence import audit_log
from shared.persistence.audit_log import Entry
from shared.persistence.database import Sessions, writings
from shared.persistence.history import Change
from shared.persistence.repository import shelves, write_shelves

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
    entries: list[Entry] = field(default_factory=list)
    additions: dict[type[Addition], list[Addition]] = field(default_factory=dict)

    def work(self, cause: Cause, told_at: datetime | None = None) -> "Work":
        """Return the view of this transaction that one handler gets."""
        return Work(self, cause, told_at or self.now)

    def add(self, addition: Addition) -> None:
        """Have a row of another kind written at the end."""
        self.additions.setdefault(type(addition), []).append(addition)

    def flush(self) -> None:
        """Write the aggregates that were put, so that what is wrong with them shows."""
        write_shelves(self.session)

    def finish(self, dispatch: Dispatch) -> Told:
        """Write all that waits; return what is to be sent, and done, once it is committed."""
        session, now = self.session, self.now
        self.flush()
        drafts = outbox.apart_from(session, self.drafts, dispatch.taken_over)
        letters, behind = outbox.store(session, drafts, self.changes, now, dispatch.teller)
        callbacks = [
            dispatch.writers.get(kind, kind.write)(session, several, now)
            for kind, several in self.additions.items()
        ]
        audit_log.append(session, self.entries)
        return Told(letters, behind, callbacks, HAS_PARKED in session.info)

    @property
    def extent(self) -> int:
        """How much was changed: it grows with every change that a piece of work makes."""
        put = sum(shelf.puts(self.session) for shelf in shelves(self.session))
        added = sum(map(len, self.additions.values()))
        told = len(self.drafts) + len(self.changes) + len(self.entries)
        return writings(self.session) + put + told + added


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
            self.transaction.drafts.append(self.draft(message))

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

    def draft(self, message: Message) -> Draft:
        """Take down a message of this work; each has a place of its own among them."""
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
