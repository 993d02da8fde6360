"""The troubles that a running Kaitong can have: one closed list for all outputs.

`kaitong status`, `/metrics` and the body of `/health/ready` show the same troubles. Each
kind has a section of its name in docs/runbook.md. A service adds its own sources by
`ServiceDefinition(troubles=...)`; sources that need no database are added in runtime/run.py.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class TroubleKind(StrEnum):
    """The kinds of trouble. The values are stable: alerts and programs depend on them."""

    DATABASE_OUT = "database_out"
    DATABASE_FULL = "database_full"
    DATABASE_READ_ONLY = "database_read_only"
    DATABASE_UNPROVEN = "database_unproven"
    """It is being compared with the topics: it may have been restored, or lag behind."""

    DATABASE_SLOW = "database_slow"
    BROKER_OUT = "broker_out"
    UNSENT = "unsent"
    LAG = "lag"
    PARKED = "parked"
    IN_DOUBT = "in_doubt"
    LATE_TIMERS = "late_timers"
    HANG = "hang"
    """A process that does not answer, or whose writing thread is stuck."""

    ENDED = "ended"
    """A process that does not run, or was restarted a moment ago."""

    LOG_UNWRITABLE = "log_unwritable"
    HELD = "held"
    """Orders on hold: a step is in fallout and waits for a person."""

    WORK_WAITING = "work_waiting"
    """Work orders that crews have not reported on."""

    ELEMENT_AT_LIMIT = "element_at_limit"
    ELEMENT_IN_MAINTENANCE = "element_in_maintenance"
    QUESTIONED = "questioned"
    """Reservations without a plan that needs them."""

    CONTESTED_ACCOUNTS = "contested_accounts"
    """Accounts named by orders of more than one customer, not settled by a person yet."""

    RESTORED = "restored"
    """The database was restored to an earlier state; takeover runs, or is not acknowledged yet."""

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
"""With these a process cannot serve requests: /health/ready answers 503. It also does so until
the takeover after a restore is complete, and with no other kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble of one service."""

    kind: TroubleKind
    says: str
    """Description with figures, in one line. It names no customer."""

    remedy: str
    """The next action, in one line: a command, a request or who has to act."""

    count: int = 1
    """How many messages, orders, calls, ... it concerns."""

    oldest_age_s: float = 0.0
    """For how many seconds; the longest, if it concerns several."""

    part: str = ""
    """The element, topic, thread or reason of dead letters that it concerns; empty if undivided."""

    is_notice: bool = False
    """True for what is normal so far, such as a work order that a crew has had for an hour: it
    is shown with its figures, and `kaitong status` still exits with 0."""

    explains: Collection[TroubleKind] = ()
    """Kinds that it is the cause of, and that are not shown beside it."""

    @property
    def is_blocking(self) -> bool:
        """Tell whether the process cannot serve requests because of it."""
        return self.kind in BLOCKING_KINDS

    @property
    def runbook(self) -> str:
        """Return the runbook section that explains its meaning and remedy."""
        return f"docs/runbook.md#{self.kind}"


ProcessTroubleSource: TypeAlias = Callable[[], Iterable[Trouble]]
"""Returns a process's troubles without a database query; it never blocks."""


def age_s(since: datetime | None, now: datetime) -> float:
    """Return the seconds since a time; 0 for None and for a future time."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def count_with_noun(count: int, noun: str) -> str:
    """Return a count with its noun: `1 message`, `2 messages`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
