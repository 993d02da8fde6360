"""What is counted of one service: messages parked and unsent, calls, timers that are due."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, false, func, select
from sqlalchemy.orm import Session

from shared.calls.call_store import ATTEMPTS, FREE, LEASED, NOW
from shared.calls.call_store import OPEN as ATTEMPT_OPEN
from shared.calls.element_limits import Limit, Limits, names_of
from shared.messaging.dead_letters import EARLY_FOR, ParkedRow, Why
from shared.messaging.dead_letters import OPEN as PARKED_OPEN
from shared.messaging.outbox import UNSENT
from shared.observability.troubles import age_s
from shared.observability.waiting import Waiting
from shared.persistence.database import Instant
from shared.persistence.statements import Prepared, Row
from shared.scheduling.timer_store import TIMERS

WAITED_LONG_S = 2.0
"""Seconds; a step that waits longer for a place at its element is told."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The calls that one element is wanted for, and those under way."""

    element: str
    waiting: Waiting
    under_way: int
    """Calls that are leased: under way, or answered a moment ago."""

    limit: Limit
    type: str = "other"
    """The element's type."""

    @property
    def is_full(self) -> bool:
        """Tell whether it has had no place for calls that have waited for some time.

        At its limit it has a free place now and then, between an answer and the next lease.
        """
        is_limited = 2 * self.under_way >= self.limit.concurrency or bool(self.limit.per_second)
        return is_limited and self.waiting.oldest_s > WAITED_LONG_S


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one moment."""

    parked: Mapping[Why, Waiting]
    """Messages that wait for a person."""

    retried: Mapping[Why, Waiting]
    """Messages that are parked and tried again by themselves: young early ones, and what waits
    behind one of those."""

    unsent: Waiting
    in_doubt: Waiting
    attempts_open: int
    timers_due: Waiting
    queues: tuple[Queue, ...]
    types: tuple[str, ...] = ()
    """All types of elements that there can be, those at which nothing waits too."""

    @property
    def parked_in_all(self) -> int:
        """Return how many messages are parked, for whatever reason."""
        return sum(each.count for each in (*self.parked.values(), *self.retried.values()))


IS_YOUNG = (ParkedRow.why == Why.EARLY) & (ParkedRow.parked_at >= bindparam("since", type_=Instant))
WAITS_FOR_YOUNG = (
    func.bool_and(IS_YOUNG)
    .filter(ParkedRow.why != Why.BEHIND)
    .over(partition_by=ParkedRow.key, order_by=ParkedRow.position)
)
"""Of a message that waits behind others of its key: whether all of those are early and young."""

IS_RETRIED = case(
    (ParkedRow.why == Why.BEHIND, func.coalesce(WAITS_FOR_YOUNG, false())), else_=IS_YOUNG
)
OPEN_ONES = (
    select(ParkedRow.why, ParkedRow.parked_at, IS_RETRIED.label("is_retried"))
    .where(PARKED_OPEN)
    .subquery()
)
PARKED = Prepared(
    select(
        OPEN_ONES.c.is_retried, OPEN_ONES.c.why, func.count(), func.min(OPEN_ONES.c.parked_at)
    ).group_by(OPEN_ONES.c.is_retried, OPEN_ONES.c.why)
)
UNSENT_NOW = Prepared(select(func.count(), func.min(UNSENT.c.told_at)))
TIMERS_DUE = Prepared(select(func.count(), func.min(TIMERS.c.due_at)).where(TIMERS.c.due_at <= NOW))
IS_DOUBTFUL = ATTEMPTS.c.doubtful | (LEASED & (ATTEMPTS.c.lease_until <= NOW))
WAITS = FREE & (ATTEMPTS.c.due_at <= NOW)
IS_CALLED = LEASED & (ATTEMPTS.c.lease_until > NOW)


CALLS = Prepared(
    select(
        ATTEMPTS.c.element,
        func.count(),
        func.count().filter(IS_DOUBTFUL),
        func.min(ATTEMPTS.c.wanted_at).filter(IS_DOUBTFUL),
        func.count().filter(WAITS),
        func.min(ATTEMPTS.c.due_at).filter(WAITS),
        func.count().filter(IS_CALLED),
    )
    .where(ATTEMPT_OPEN)
    .group_by(ATTEMPTS.c.element)
)


def count(session: Session, now: datetime, limits: Callable[[Session], Limits]) -> Figures:
    """Count what waits in a service's database."""
    calls, borne = CALLS.rows(session, {"now": now}), limits(session)
    parked, retried = count_parked(session, now)
    unsent, told_at = UNSENT_NOW.rows(session)[0]
    due, due_at = TIMERS_DUE.rows(session, {"now": now})[0]
    return Figures(
        parked,
        retried,
        Waiting(unsent, age_s(told_at, now)),
        Waiting(
            sum(row[2] for row in calls), max((age_s(row[3], now) for row in calls), default=0.0)
        ),
        sum(row[1] for row in calls),
        Waiting(due, age_s(due_at, now)),
        queues_of(now, borne, calls),
        names_of(borne.types),
    )


def count_parked(session: Session, now: datetime) -> tuple[dict[Why, Waiting], dict[Why, Waiting]]:
    """Return what is parked and waits for a person, and what is tried again by itself."""
    found: tuple[dict[Why, Waiting], dict[Why, Waiting]] = {}, {}
    for is_retried, why, n, at in PARKED.rows(session, {"since": now - EARLY_FOR}):
        found[is_retried][why] = Waiting(n, age_s(at, now))
    return found


def queues(session: Session, limits: Limits) -> tuple[Queue, ...]:
    """Return the calls that wait and that are under way, of every element that has any."""
    now = session.scalars(select(func.clock_timestamp())).one()
    return queues_of(now, limits, CALLS.rows(session, {"now": now}))


def queues_of(now: datetime, limits: Limits, calls: Sequence[Row]) -> tuple[Queue, ...]:
    """Return what was counted at each element, with what it bears."""
    return tuple(
        Queue(
            *(name, Waiting(n, age_s(at, now)), under_way),
            *(limits.of(name), limits.type_of(name)),
        )
        for name, _, _, _, n, at, under_way in calls
    )
