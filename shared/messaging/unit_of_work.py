"""The unit of work of a handler. Many share one transaction, invisibly to the handlers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.contracts import Causation, Message
from shared.errors import ConflictOnWriteError, DatabaseUnprovenError
from shared.messaging import outbox
from shared.messaging.commit_context import Callback, CommitContext, CommitResult, DeferredWrite
from shared.messaging.dead_letters import HAS_DEAD_LETTERS
from shared.messaging.outbox import MessageDraft
from shared.persistence import audit_log
from shared.persistence.audit_log import AuditEntry
from shared.persistence.database import Sessions, write_count
from shared.persistence.history import HistoryEntry
from shared.persistence.repository import used_repositories, write_repositories
from shared.persistence.sqlstates import TRANSIENT_ERRORS

I = TypeVar("I")  # noqa: E741  an item
R = TypeVar("R")

TRANSIENT = (*TRANSIENT_ERRORS, DatabaseUnprovenError)
"""Errors that pass by themselves, so that the transaction is retried."""

WRITE_CONFLICTS = (ConflictOnWriteError, IntegrityError)
"""Two transactions conflict, or a constraint is violated; a few retries show which."""

MAX_CONFLICTS = 10


class PersistentConflictError(Exception):
    """A transaction conflicted too often for chance."""


@dataclass(slots=True)
class Transaction:
    """One transaction, and the rows that its units of work have written at its end."""

    session: Session
    now: datetime
    drafts: list[MessageDraft] = field(default_factory=list)
    changes: list[HistoryEntry] = field(default_factory=list)
    audit_entries: list[AuditEntry] = field(default_factory=list)
    deferred_writes: dict[type[DeferredWrite], list[DeferredWrite]] = field(default_factory=dict)

    def unit_of_work(
        self, cause: Causation, published_at: datetime | None = None, sequence: int = 0
    ) -> "UnitOfWork":
        """Return the view of this transaction that one handler gets."""
        return UnitOfWork(self, cause, published_at or self.now, sequence)

    def add(self, deferred_write: DeferredWrite) -> None:
        """Add a row of another kind, to be written at the end."""
        self.deferred_writes.setdefault(type(deferred_write), []).append(deferred_write)

    def flush(self) -> None:
        """Write the aggregates that were put, so that their errors are raised here."""
        write_repositories(self.session)

    def finish(self, commit_context: CommitContext) -> CommitResult:
        """Write all rows; return the records to send and the callbacks to call after the commit."""
        session, now = self.session, self.now
        self.flush()
        drafts = outbox.without_published(session, self.drafts, commit_context.taken_over)
        for row in (each.row for each in drafts if each.row):
            self.add(row)
        callbacks = self._write_deferred(commit_context, with_lock=False)
        records, has_older_pending = outbox.store(
            session, drafts, self.changes, now, commit_context.publisher_id
        )
        audit_log.append(session, self.audit_entries)
        callbacks += self._write_deferred(commit_context, with_lock=True)
        return CommitResult(records, has_older_pending, callbacks, HAS_DEAD_LETTERS in session.info)

    def _write_deferred(self, commit_context: CommitContext, *, with_lock: bool) -> list[Callback]:
        """Write the deferred rows of the kinds that take a lock of all processes, or of the others.

        Such a lock is held until the commit, so it is taken as late as possible.
        """
        return [
            commit_context.writers.get(kind, kind.write)(self.session, several, self.now)
            for kind, several in self.deferred_writes.items()
            if kind.takes_global_lock() is with_lock
        ]

    @property
    def change_count(self) -> int:
        """The number of changes: it grows with every change that a unit of work makes."""
        put = sum(
            repository.put_count(self.session) for repository in used_repositories(self.session)
        )
        added = sum(map(len, self.deferred_writes.values()))
        change_count = len(self.drafts) + len(self.changes) + len(self.audit_entries)
        return write_count(self.session) + put + change_count + added


@dataclass(slots=True)
class UnitOfWork:
    """All that a handler may use: the session, the time, and the messages to publish.

    Handlers never commit; the code that opened the transaction does.
    """

    transaction: Transaction
    cause: Causation
    published_at: datetime
    """When the handled message was published; order within a key is by sequence, not by time."""

    sequence: int = 0
    """The handled message's number among those of its owner and key; 0 of a request."""

    position: int = 0

    @property
    def session(self) -> Session:
        """The session, for the store."""
        return self.transaction.session

    @property
    def now(self) -> datetime:
        """The time of this unit of work; it does not change while it runs."""
        return self.transaction.now

    @property
    def tenant(self) -> str:
        """The tenant of its data."""
        return self.cause.tenant

    @property
    def local_network(self) -> str:
        """The local network of its data, if known."""
        return self.cause.local_network

    def publish(self, *messages: Message) -> None:
        """Publish messages to the other services, if and only if the transaction commits."""
        for message in messages:
            self.transaction.drafts.append(self.draft(message))

    def publish_with_row(self, message: Message, row: DeferredWrite) -> None:
        """Publish a message and write a row about it, both or neither.

        A message that was published before the database was restored is not published again: its
        row is written by the takeover.
        """
        self.transaction.drafts.append(self.draft(message)._replace(row=row))

    def record_change(  # noqa: PLR0913  a row of the history has so many columns
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
        change = HistoryEntry(
            *(self.transaction.now, self.cause.tenant, kind, str(subject), part),
            *(was, became, reason, self.cause.id, self.cause.actor),
        )
        self.transaction.changes.append(change)

    def audit(self, action: str, subject: str, *, reason: str = "", things: int = 1) -> None:
        """Append a person's action and its reason to the audit log."""
        cause = self.cause
        entry = AuditEntry(
            *(self.transaction.now, cause.tenant, cause.actor, cause.client, cause.role),
            *(action, subject, things, reason, cause.id),
        )
        self.transaction.audit_entries.append(entry)

    def draft(self, message: Message) -> MessageDraft:
        """Encode a message, with the next position in this unit of work."""
        draft = MessageDraft.of(message, self.cause, self.position)
        self.position += 1
        return draft


@dataclass(frozen=True, slots=True)
class UnitOfWorkBatch:
    """The units of work of several messages, for a handler that takes them all at once."""

    transaction: Transaction
    units: Sequence[UnitOfWork]

    @property
    def session(self) -> Session:
        """The session, for the store."""
        return self.transaction.session

    @property
    def now(self) -> datetime:
        """The time of this batch."""
        return self.transaction.now

    def publish_each(self, messages: Iterable[Message]) -> None:
        """Publish the n-th message in the n-th unit of work."""
        for work, message in zip(self.units, messages, strict=True):
            work.publish(message)


@contextmanager
def begin_transaction(
    sessions: Sessions, now: datetime, commit_context: CommitContext
) -> Iterator[Transaction]:
    """Open a transaction; commit at the end, or roll back on any exception.

    Its result is added to `commit_context` once it is committed, and never before.

    Raises:
        DatabaseUnprovenError: if the database was lost since this call of the writer began.
    """
    with sessions.begin() as session:
        transaction = Transaction(session, now)
        yield transaction
        result = transaction.finish(commit_context)
        commit_context.recheck()
    commit_context.results.append(result)


def bisect_batch(
    batch: Sequence[I],
    together: Callable[[Sequence[I]], None],
    alone: Callable[[I, Exception], None],
    permanent: tuple[type[Exception], ...],
) -> None:
    """Process a batch together; if it fails, each half; call `alone` for an item that fails alone.

    So one bad item costs twice the logarithm of the batch, not the batch. Transient
    errors are raised at once.
    """
    try:
        together(batch)
    except TRANSIENT:
        raise
    except permanent as error:
        if len(batch) == 1:
            alone(batch[0], error)
            return
    else:
        return
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        bisect_batch(half, together, alone, permanent)


def retry_on_conflict(together: Callable[[Sequence[I]], R], batch: Sequence[I]) -> R:
    """Process a batch; retry it, `MAX_CONFLICTS` tries in all, if transactions conflict.

    Raises:
        PersistentConflictError: if all tries conflict.
    """
    for _ in range(MAX_CONFLICTS - 1):
        try:
            return together(batch)
        except WRITE_CONFLICTS:
            continue
    try:
        return together(batch)
    except WRITE_CONFLICTS as error:
        msg = f"conflicted {MAX_CONFLICTS} times: {error}"
        raise PersistentConflictError(msg) from error
