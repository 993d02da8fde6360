"""Counts of one service's database: dead letters, pending outbox records, calls, due timers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, false, func, select
from sqlalchemy.orm import Session

from shared.calls.call_store import IS_CLAIMABLE, IS_LEASED, NOW, OUTBOUND_CALLS
from shared.calls.call_store import IS_OPEN as CALL_OPEN
from shared.calls.element_limits import ElementLimits, LimitConfiguration, type_names
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD, DeadLetterReason, DeadLetterRow
from shared.messaging.dead_letters import IS_OPEN as DEAD_LETTER_OPEN
from shared.messaging.outbox import PENDING
from shared.observability.backlog import Backlog
from shared.observability.troubles import age_s
from shared.persistence.database import Instant
from shared.persistence.statements import CompiledStatement, Row
from shared.scheduling.timer_store import TIMERS

LONG_WAIT_S = 2.0
"""Seconds; calls that wait longer for a place at their element are a trouble."""


@dataclass(frozen=True, slots=True)
class ElementQueue:
    """The waiting calls and the calls in flight of one element."""

    element: str
    waiting: Backlog
    in_flight: int
    """Leased calls: in flight, or answered a moment ago."""

    limit: ElementLimits
    type: str = "other"
    """The element's type."""

    @property
    def is_element_at_limit(self) -> bool:
        """Tell whether calls have waited long because the element is at its limit.

        At its limit, a place is free for a moment between an answer and the next lease.
        """
        is_limited = 2 * self.in_flight >= self.limit.concurrency or bool(self.limit.per_second)
        return is_limited and self.waiting.oldest_s > LONG_WAIT_S


@dataclass(frozen=True, slots=True)
class DatabaseCounts:
    """The counts of a service's database at one moment."""

    parked: Mapping[DeadLetterReason, Backlog]
    """Dead letters that wait for a person."""

    retried: Mapping[DeadLetterReason, Backlog]
    """Dead letters that are retried automatically: young early messages, and the messages
    parked behind one."""

    unsent: Backlog
    in_doubt: Backlog
    open_calls: int
    timers_due: Backlog
    queues: tuple[ElementQueue, ...]
    types: tuple[str, ...] = ()
    """All types of elements, also those for which no call waits."""

    @property
    def parked_total(self) -> int:
        """Return how many messages are parked, for any reason."""
        return sum(each.count for each in (*self.parked.values(), *self.retried.values()))


IS_YOUNG_EARLY = (DeadLetterRow.why == DeadLetterReason.EARLY) & (
    DeadLetterRow.parked_at >= bindparam("since", type_=Instant)
)
WAITS_FOR_YOUNG = (
    func.bool_and(IS_YOUNG_EARLY)
    .filter(DeadLetterRow.why != DeadLetterReason.BEHIND)
    .over(partition_by=DeadLetterRow.key, order_by=DeadLetterRow.position)
)
"""For a message parked behind others of its key: whether all of those are early and young."""

IS_RETRIED = case(
    (DeadLetterRow.why == DeadLetterReason.BEHIND, func.coalesce(WAITS_FOR_YOUNG, false())),
    else_=IS_YOUNG_EARLY,
)
OPEN_DEAD_LETTERS = (
    select(DeadLetterRow.why, DeadLetterRow.parked_at, IS_RETRIED.label("is_retried"))
    .where(DEAD_LETTER_OPEN)
    .subquery()
)
COUNT_PARKED = CompiledStatement(
    select(
        OPEN_DEAD_LETTERS.c.is_retried,
        OPEN_DEAD_LETTERS.c.why,
        func.count(),
        func.min(OPEN_DEAD_LETTERS.c.parked_at),
    ).group_by(OPEN_DEAD_LETTERS.c.is_retried, OPEN_DEAD_LETTERS.c.why)
)
COUNT_UNSENT = CompiledStatement(select(func.count(), func.min(PENDING.c.told_at)))
COUNT_TIMERS_DUE = CompiledStatement(
    select(func.count(), func.min(TIMERS.c.due_at)).where(TIMERS.c.due_at <= NOW)
)
IS_IN_DOUBT = OUTBOUND_CALLS.c.doubtful | (IS_LEASED & (OUTBOUND_CALLS.c.lease_until <= NOW))
IS_WAITING = IS_CLAIMABLE & (OUTBOUND_CALLS.c.due_at <= NOW)
IS_IN_FLIGHT = IS_LEASED & (OUTBOUND_CALLS.c.lease_until > NOW)


COUNT_CALLS = CompiledStatement(
    select(
        OUTBOUND_CALLS.c.element,
        func.count(),
        func.count().filter(IS_IN_DOUBT),
        func.min(OUTBOUND_CALLS.c.wanted_at).filter(IS_IN_DOUBT),
        func.count().filter(IS_WAITING),
        func.min(OUTBOUND_CALLS.c.due_at).filter(IS_WAITING),
        func.count().filter(IS_IN_FLIGHT),
    )
    .where(CALL_OPEN)
    .group_by(OUTBOUND_CALLS.c.element)
)


def count_backlogs(
    session: Session, now: datetime, limits: Callable[[Session], LimitConfiguration]
) -> DatabaseCounts:
    """Count the backlogs in a service's database."""
    calls, element_limits = COUNT_CALLS.rows(session, {"now": now}), limits(session)
    parked, retried = count_parked(session, now)
    unsent, oldest_at = COUNT_UNSENT.rows(session)[0]
    due, due_at = COUNT_TIMERS_DUE.rows(session, {"now": now})[0]
    return DatabaseCounts(
        parked,
        retried,
        Backlog(unsent, age_s(oldest_at, now)),
        Backlog(
            sum(row[2] for row in calls), max((age_s(row[3], now) for row in calls), default=0.0)
        ),
        sum(row[1] for row in calls),
        Backlog(due, age_s(due_at, now)),
        element_queues_of(now, element_limits, calls),
        type_names(element_limits.types),
    )


def count_parked(
    session: Session, now: datetime
) -> tuple[dict[DeadLetterReason, Backlog], dict[DeadLetterReason, Backlog]]:
    """Return the dead letters that wait for a person, and those that are retried automatically."""
    found: tuple[dict[DeadLetterReason, Backlog], dict[DeadLetterReason, Backlog]] = {}, {}
    for is_retried, why, n, at in COUNT_PARKED.rows(session, {"since": now - EARLY_RETRY_PERIOD}):
        found[is_retried][why] = Backlog(n, age_s(at, now))
    return found


def read_element_queues(session: Session, limits: LimitConfiguration) -> tuple[ElementQueue, ...]:
    """Return the queue of every element that has open calls."""
    now = session.scalars(select(func.clock_timestamp())).one()
    return element_queues_of(now, limits, COUNT_CALLS.rows(session, {"now": now}))


def element_queues_of(
    now: datetime, limits: LimitConfiguration, calls: Sequence[Row]
) -> tuple[ElementQueue, ...]:
    """Return the queue of each counted element, with its limit."""
    return tuple(
        ElementQueue(
            *(name, Backlog(n, age_s(at, now)), in_flight),
            *(limits.limit_of(name), limits.type_of(name)),
        )
        for name, _, _, _, n, at, in_flight in calls
    )
