"""What can be wrong with a running Kaitong: one closed list, shown alike everywhere.

`kaitong status`, `/metrics` and the body of `/health/ready` show the same troubles. Each
kind has a section of its name in docs/runbook.md. A service adds what only it knows by
`Service(troubles=...)`; what a process knows without its database is added in run.py.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class TroubleKind(StrEnum):
    """The kinds of trouble. The values are stable: alerts and programs decide by them."""

    DATABASE_OUT = "database_out"
    DATABASE_FULL = "database_full"
    DATABASE_READ_ONLY = "database_read_only"
    DATABASE_UNPROVEN = "database_unproven"
    """It is compared with the topics first: it may have been restored, or lag."""

    DATABASE_SLOW = "database_slow"
    BROKER_OUT = "broker_out"
    UNSENT = "unsent"
    LAG = "lag"
    PARKED = "parked"
    IN_DOUBT = "in_doubt"
    LATE_TIMERS = "late_timers"
    HANG = "hang"
    """A process that answers nothing, or whose writing thread stands still."""

    ENDED = "ended"
    """A process that does not run, or has been started again a moment ago."""

    LOG_UNWRITABLE = "log_unwritable"
    HELD = "held"
    """Orders on hold: a step is in fallout and waits for a person."""

    WORK_WAITING = "work_waiting"
    """Work orders that crews have not reported on."""

    ELEMENT_AT_LIMIT = "element_at_limit"
    ELEMENT_IN_MAINTENANCE = "element_in_maintenance"
    QUESTIONED = "questioned"
    """Reservations that no plan answers for."""

    CONTESTED_ACCOUNTS = "contested_accounts"
    """Accounts that orders of more than one customer name, and that no person has settled."""

    RESTORED = "restored"
    """The database was restored from a backup, and what it missed is being made up for."""

    FOREIGN_TOPICS = "foreign_topics"
    """The topics hold messages of another installation."""


BLOCKING_KINDS = frozenset(
    {
        TroubleKind.DATABASE_OUT,
        TroubleKind.DATABASE_FULL,
        TroubleKind.DATABASE_READ_ONLY,
        TroubleKind.DATABASE_UNPROVEN,
    }
)
"""With these a process cannot serve requests: /health/ready answers 503. Beside them it does so
until what a restored database has lost is taken over, and never with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, of one service."""

    kind: TroubleKind
    says: str
    """What is wrong, with its figures, in one line. It names no customer."""

    remedy: str
    """What to do next, in one line: a command, a request or who has to act."""

    count: int = 1
    """How many messages, orders, attempts, ... it concerns."""

    oldest_age_s: float = 0.0
    """Since when, in seconds; of several, the longest."""

    part: str = ""
    """Which one of several: an element, a topic, the reason why messages are parked."""

    is_notice: bool = False
    """True for what is normal so far, such as work that crews have had for an hour: it is
    shown with its figures, and `kaitong status` still exits with 0."""

    explains: Collection[TroubleKind] = ()
    """Kinds that are not shown beside it: it says the same, and why."""

    @property
    def is_blocking(self) -> bool:
        """Tell whether the process cannot serve requests because of it."""
        return self.kind in BLOCKING_KINDS

    @property
    def runbook(self) -> str:
        """Return where the runbook says what it means and what to do."""
        return f"docs/runbook.md#{self.kind}"


ProcessTroubleSource: TypeAlias = Callable[[], Iterable[Trouble]]
"""Tells what a process knows to be wrong without its database; it never waits."""


def age_s(since: datetime | None, now: datetime) -> float:
    """Return how long ago something was, in seconds; 0 for nothing and for a future time."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def count_with_noun(count: int, noun: str) -> str:
    """Return a count with its noun: `1 message`, `2 messages`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
