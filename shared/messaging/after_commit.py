"""What leaves a turn of the writing thread: letters to send, calls to make, times to watch."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from shared.calls import call_store
from shared.calls.call_store import Claim, Wish
from shared.kafka.records import OutboxRecord
from shared.persistence.database_certainty import Recheck, recheck_nothing


class Caller(Protocol):
    """Whoever calls the elements that a process's transactions want called."""

    def wish(self, session: Session, wanted: Sequence[Wish], now: datetime) -> list[Claim]:
        """Write down what is wanted; return what is leased already, to be called at once."""

    def call(self, claims: Sequence[Claim]) -> None:
        """Call what was leased, now that it is committed."""

    def wake(self) -> None:
        """Look for what was written down and not leased."""


class Elsewhere:
    """The caller in a process that has no runner: another process will look."""

    def wish(self, session: Session, wanted: Sequence[Wish], now: datetime) -> list[Claim]:
        """Write down what is wanted."""
        call_store.wish(session, wanted, now)
        return []

    def call(self, claims: Sequence[Claim]) -> None:
        """Call nothing: nothing was leased."""

    def wake(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Told:
    """What one committed transaction has told, and wants done."""

    letters: list[OutboxRecord]
    behind: bool = False
    """An older letter under one of the keys is still unsent, and not on its way from here."""

    reminds: bool = False
    """It set a reminder."""

    claims: Sequence[Claim] = ()
    """Calls that it wanted and leased."""

    wakes: bool = False
    """It wanted calls, and did not lease them all."""

    parks: bool = False
    """It parked a message."""


@dataclass(slots=True)
class Dispatch:
    """What the transactions of one turn of the writing thread have told so far."""

    teller: UUID
    """Who sends it: names this process, until something goes wrong in it."""

    caller: Caller = field(default_factory=Elsewhere)
    told: list[Told] = field(default_factory=list)
    taken_over: Container[UUID] = frozenset()
    """Messages that were told before the database was set back: they are not told again."""

    recheck: Recheck = recheck_nothing
    """Called before each commit."""

    is_proven: bool = True
    """Whether the database is known to have all that the topics show it had."""
