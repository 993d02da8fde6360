"""One call of the writer: what its transactions need, and what they have committed."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from shared.kafka.record_types import OutboxRecord
from shared.persistence.database_certainty import Recheck, recheck_nothing

Callback: TypeAlias = Callable[[], None]

DeferredWriter: TypeAlias = Callable[[Session, Sequence[Any], datetime], Callback]
"""Writes rows of one kind; returns what is to be called after the commit."""


def do_nothing() -> None:
    """Do nothing: another process, or a later query, finds what has changed."""


class DeferredWrite(Protocol):
    """A row that a transaction writes at its end, beside messages and state."""

    @staticmethod
    def takes_global_lock() -> bool:
        """Tell whether writing rows of this kind may take a lock that other processes wait for."""

    @classmethod
    def write(cls, session: Session, several: Sequence[Any], now: datetime) -> Callback:
        """Write rows of this kind; return what is to be called after the commit."""


@dataclass(slots=True)
class CommitResult:
    """The records of one committed transaction, and what is to be called after it."""

    records: list[OutboxRecord]
    has_older_pending: bool = False
    """An older record of one of the keys is pending, and was not published by this process."""

    callbacks: Sequence[Callback] = ()
    """One for each kind of deferred write."""

    has_dead_letters: bool = False
    """It added a dead letter."""


@dataclass(slots=True)
class CommitContext:
    """What the transactions of one call of the writer need, and what they have committed so far.

    The writer passes it to them; afterwards it calls the callbacks and publishes the records.
    """

    publisher_id: UUID
    """Names the process that publishes; renewed after a failure."""

    writers: Mapping[type, DeferredWriter] = field(default_factory=dict)
    """Functions that write a kind of row in this process, instead of its own `write`."""

    results: list[CommitResult] = field(default_factory=list)
    taken_over: Container[UUID] = frozenset()
    """Messages published before the database was restored: they are not published again."""

    recheck: Recheck = recheck_nothing
    """Called before each commit."""

    is_proven: bool = True
    """Whether the database is known to hold all that it has published."""
