"""Attempts, from rows and to rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Index, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.calls.lease import GRACE, Answered, Claim, Concluded
from shared.calls.outbound_call import Attempt, End, Result, rank
from shared.contracts import Cause, Characteristic
from shared.messaging.after_commit import Callback, do_nothing
from shared.messaging.unit_of_work import Work
from shared.persistence.bulk import bind, table_of, unnest, update_rows
from shared.persistence.database import Base, Instant, packed, words
from shared.persistence.statements import Prepared


class CallRequest(NamedTuple):
    """A call that is wanted, and what wants it."""

    attempt: Attempt
    cause: Cause

    @classmethod
    def write(cls, session: Session, several: "Sequence[CallRequest]", now: datetime) -> Callback:
        """Write down what is wanted; a process with a runner finds it."""
        enqueue(session, several, now)
        return do_nothing


def request(work: Work, attempt: Attempt) -> None:
    """Have an operation done on a network element, once this work is committed."""
    work.transaction.add(CallRequest(attempt, work.cause))


class AttemptRow(Base):
    """One operation on an element, wanted, under way, or over."""

    __tablename__ = "attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operation_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(index=True)
    tenant: Mapped[str]
    element: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    parameters: Mapped[tuple[Characteristic, ...]] = mapped_column(
        packed(tuple[Characteristic, ...])
    )
    priority: Mapped[int]
    max_tries: Mapped[int]
    timeout_ms: Mapped[int]
    tries: Mapped[int]
    questions: Mapped[int]
    doubtful: Mapped[bool]
    local_network: Mapped[str]
    cause: Mapped[UUID]
    correlation_id: Mapped[UUID]
    traceparent: Mapped[str]
    wanted_at: Mapped[datetime] = mapped_column(Instant)
    rank: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    """Somebody is calling until then; a lease that expired is an outcome unknown."""

    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[Result | None] = mapped_column(words(Result))
    code: Mapped[str]
    detail: Mapped[str]

    __table_args__ = (
        Index("ix_attempts_open", "rank", postgresql_where=ended_at.is_(None)),
        Index(
            "ix_attempts_calling",
            "element",
            postgresql_where=ended_at.is_(None) & lease_until.is_not(None),
        ),
    )


ATTEMPTS = table_of(AttemptRow)
WANTED = (
    *("id", "operation_id", "order_id", "tenant"),
    *("element", "kind", "subject", "parameters", "priority"),
    *("max_tries", "timeout_ms", "tries", "questions", "doubtful"),
    *("local_network", "cause", "correlation_id", "traceparent"),
)
NEW = (*WANTED, "wanted_at", "rank", "due_at", "lease_until", "code", "detail")
CHANGED = (
    *("id", "tries", "questions", "doubtful", "due_at", "lease_until", "ended_at"),
    *("result", "code", "detail"),
)
NOW = bindparam("now", type_=Instant)
OPEN = ATTEMPTS.c.ended_at.is_(None)
WRITE = Prepared(
    insert(ATTEMPTS)
    .from_select(NEW, select(unnest([ATTEMPTS.c[name] for name in NEW])))
    .on_conflict_do_nothing()
    .returning(ATTEMPTS.c.id)
)
LEASED = ATTEMPTS.c.lease_until.is_not(None)
FREE = or_(ATTEMPTS.c.lease_until.is_(None), ATTEMPTS.c.lease_until <= NOW)
WISHES = Prepared(
    select(*(ATTEMPTS.c[name] for name in WANTED), ATTEMPTS.c.wanted_at, LEASED)
    .where(OPEN, FREE, ATTEMPTS.c.due_at <= NOW)
    .where(ATTEMPTS.c.element != func.all(bindparam("full", type_=ARRAY(ATTEMPTS.c.element.type))))
    .order_by(ATTEMPTS.c.rank)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
FREE_AT = func.greatest(ATTEMPTS.c.due_at, func.coalesce(ATTEMPTS.c.lease_until, NOW))
NEXT_DUE = Prepared(select(func.min(FREE_AT)).where(OPEN))
HELD = Column("held_until", Instant)
ANSWERED = unnest([ATTEMPTS.c.id, HELD])
IS_ANSWERED = exists().where(
    ATTEMPTS.c.id == ANSWERED.c.id, ATTEMPTS.c.lease_until == ANSWERED.c.held_until
)
CALLING = Prepared(
    select(ATTEMPTS.c.element, func.count())
    .where(OPEN, LEASED, ATTEMPTS.c.lease_until > NOW, ~IS_ANSWERED)
    .group_by(ATTEMPTS.c.element)
)
NEWS = unnest([*(ATTEMPTS.c[name] for name in CHANGED), HELD])
CONCLUDE = Prepared(
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == NEWS.c.id, ATTEMPTS.c.lease_until == NEWS.c.held_until, OPEN)
    .values({name: NEWS.c[name] for name in CHANGED[1:]})
    .returning(ATTEMPTS.c.id)
)
"""Nothing that somebody else has claimed since, or that is over."""

LET_GO = Prepared(
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("id", type_=ATTEMPTS.c.id.type), OPEN)
    .where(ATTEMPTS.c.lease_until == bindparam("until", type_=Instant))
    .values(lease_until=None)
)

TURN = func.hashtext("kaitong.attempts.claim")
WAIT_FOR_TURN = Prepared(select(func.pg_advisory_xact_lock(TURN)))
TAKE_TURN = Prepared(select(func.pg_try_advisory_xact_lock(TURN)))
"""Who leases holds the turn until its transaction ends, so that all count the same calls."""

NOT_LEASED: Mapping[UUID, datetime] = {}


def enqueue(
    session: Session,
    wanted: Sequence[CallRequest],
    now: datetime,
    until: Mapping[UUID, datetime] = NOT_LEASED,
) -> set[UUID]:
    """Write down what is to be called. What is written down already stays as it is.

    Args:
        session: the transaction that wants it.
        wanted: the attempts.
        now: the time.
        until: those that are leased at once, and how long.

    Returns:
        Those that were not written down before.
    """
    rows = [
        (*_request_row(attempt, cause), now, rank(attempt, now), now, until.get(attempt.id), "", "")
        for attempt, cause in wanted
    ]
    return set(WRITE.column(session, bind(NEW, rows))) if rows else set()


def _request_row(attempt: Attempt, cause: Cause) -> tuple[object, ...]:
    return (
        *(attempt.id, attempt.operation_id, attempt.order_id, attempt.tenant),
        *(attempt.element, attempt.kind, attempt.subject, attempt.parameters),
        *(attempt.priority, attempt.max_tries),
        round(attempt.timeout / timedelta(milliseconds=1)),
        *(attempt.tries, attempt.questions, attempt.doubtful),
        *(cause.local_network, cause.id, cause.correlation_id, cause.traceparent),
    )


def wait_to_claim(session: Session) -> None:
    """Wait for the turn to lease; until the transaction ends nobody else does."""
    WAIT_FOR_TURN.rows(session)


def may_claim(session: Session) -> bool:
    """Take the turn to lease, if nobody has it; wait for nobody."""
    return bool(TAKE_TURN.value(session))


def calling(session: Session, now: datetime, answered: Collection[Answered] = ()) -> dict[str, int]:
    """Return how many calls are under way at each element, by all processes.

    Calls count as over whose answers this process has, and has not written down yet.
    """
    bound = bind(("id", "held_until"), list(answered))
    return dict(CALLING.rows(session, {"now": now, **bound}))


def wishes(session: Session, now: datetime, full: Collection[str], limit: int) -> list[Claim]:
    """Return what is to be called now, the first in the queue first, locked.

    Args:
        session: the claiming transaction.
        now: the time.
        full: elements that bear no more calls.
        limit: at most so many.
    """
    rows = WISHES.rows(session, {"now": now, "full": list(full), "limit": limit})
    return [_claim(now, *row) for row in rows]


def _claim(now: datetime, *row: Any) -> Claim:  # noqa: ANN401  a row of many types
    *fields, wanted_at, was_leased = row
    *fields, local_network, cause, correlation_id, traceparent = fields
    wanted = dict(zip(WANTED, fields, strict=False))
    timeout = timedelta(milliseconds=wanted.pop("timeout_ms"))
    attempt = Attempt(**wanted, timeout=timeout)
    if was_leased:
        attempt = replace(attempt, doubtful=True)
    context = Cause(cause, correlation_id, attempt.tenant, local_network, traceparent)
    return claim(attempt, context, wanted_at, now)


def claim(attempt: Attempt, cause: Cause, wanted_at: datetime, now: datetime) -> Claim:
    """Return the claim on an attempt that is called from now on."""
    return Claim(attempt, cause, now + attempt.timeout + GRACE, wanted_at)


def lease(session: Session, claims: Iterable[Claim]) -> None:
    """Note that these are being called, each until a time."""
    rows = [(each.attempt.id, each.attempt.doubtful, each.until) for each in claims]
    update_rows(session, AttemptRow, ("id", "doubtful", "lease_until"), rows)


def let_go(session: Session, each: Claim) -> None:
    """Give a lease back of which no use was made; if nobody else has it, nothing is in doubt."""
    LET_GO.run(session, {"id": each.attempt.id, "until": each.until})


def conclude(session: Session, concluded: Iterable[Concluded], now: datetime) -> set[UUID]:
    """Write down how attempts go on, or how they ended; return those that were ours still."""
    rows = [_changed(each, now) for each in concluded]
    return set(CONCLUDE.column(session, bind((*CHANGED, "held_until"), rows)))


def _changed(concluded: Concluded, now: datetime) -> tuple[object, ...]:
    verdict, until = concluded.verdict, concluded.claim.until
    attempt, (result, code, detail) = verdict.attempt, verdict.outcome
    counts = (attempt.id, attempt.tries, attempt.questions, attempt.doubtful)
    if isinstance(verdict, End):
        return (*counts, now, None, now, result, code, detail, until)
    return (*counts, now + verdict.pause, None, None, None, code, detail, until)


def call_off(session: Session, order_id: UUID, now: datetime) -> None:
    """End an order's attempts that are open: what they were for has been decided already."""
    mine = update(ATTEMPTS).where(ATTEMPTS.c.order_id == order_id, OPEN)
    ended = {"ended_at": now, "lease_until": None, "result": Result.FAILED, "code": "called-off"}
    session.execute(mine.values(ended))


def count_open(session: Session) -> tuple[int, int]:
    """Return how many attempts are not over, and how many of those are in doubt."""
    doubtful = func.count().filter(ATTEMPTS.c.doubtful)
    waiting, in_doubt = session.execute(select(func.count(), doubtful).where(OPEN)).one()
    return int(waiting), int(in_doubt)


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when there is something to call next, if ever."""
    due: datetime | None = NEXT_DUE.value(session, {"now": now})
    return due


def of_order(session: Session, order_id: UUID) -> list[AttemptRow]:
    """Return all attempts of one order, oldest first, to show them."""
    mine = select(AttemptRow).where(AttemptRow.order_id == order_id)
    return list(session.scalars(mine.order_by(AttemptRow.wanted_at, AttemptRow.id)))
