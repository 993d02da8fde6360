"""What follows the commits of one turn of the writing thread: records to publish, callbacks."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from shared.kafka.records import OutboxRecord
from shared.persistence.database_certainty import Recheck, recheck_nothing

Callback: TypeAlias = Callable[[], None]

DeferredWriter: TypeAlias = Callable[[Session, Sequence[Any], datetime], Callback]
"""Writes deferred writes of one kind; returns what is to be done once they are committed."""


def do_nothing() -> None:
    """Do nothing after the commit: another process, or a later look, finds what was written."""


class DeferredWrite(Protocol):
    """A row that a transaction writes at its end, beside messages and changes of state."""

    @classmethod
    def write(cls, session: Session, several: Sequence[Any], now: datetime) -> Callback:
        """Write deferred writes of this kind; return what is to be done once they are committed."""


@dataclass(slots=True)
class CommitResult:
    """What one committed transaction has told, and what is to be done after it."""

    records: list[OutboxRecord]
    has_older_pending: bool = False
    """An older record under one of the keys is still unsent, and not on its way from here."""

    callbacks: Sequence[Callback] = ()
    """One for each kind of deferred writes."""

    has_dead_letters: bool = False
    """It parked a message."""


@dataclass(slots=True)
class AfterCommit:
    """What the transactions of one turn of the writing thread have told so far."""

    publisher_id: UUID
    """Who sends it: names this process, until something goes wrong in it."""

    writers: Mapping[type, DeferredWriter] = field(default_factory=dict)
    """Who writes deferred writes of a kind in this process, where it is not the kind itself."""

    results: list[CommitResult] = field(default_factory=list)
    taken_over: Container[UUID] = frozenset()
    """Messages that were told before the database was set back: they are not told again."""

    recheck: Recheck = recheck_nothing
    """Called before each commit."""

    is_proven: bool = True
    """Whether the database is known to have all that the topics show it had."""
