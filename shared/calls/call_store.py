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
from shared.calls.outbound_call import CallResult, EndCall, OutboundCall, queue_rank
from shared.contracts import Causation, Characteristic
from shared.messaging.after_commit import Callback, do_nothing
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import bind_arrays, table_of, unnest, update_rows
from shared.persistence.database import Base, Instant, enum_text, json_bytes
from shared.persistence.statements import CompiledStatement


class CallRequest(NamedTuple):
    """A call that is wanted, and what wants it."""

    call: OutboundCall
    cause: Causation

    @classmethod
    def write(cls, session: Session, several: "Sequence[CallRequest]", now: datetime) -> Callback:
        """Write down what is wanted; a process with a runner finds it."""
        enqueue(session, several, now)
        return do_nothing


def request_call(work: UnitOfWork, call: OutboundCall) -> None:
    """Have an operation done on a network element, once this work is committed."""
    work.transaction.add(CallRequest(call, work.cause))


class OutboundCallRow(Base):
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
        json_bytes(tuple[Characteristic, ...])
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
    result: Mapped[CallResult | None] = mapped_column(enum_text(CallResult))
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


OUTBOUND_CALLS = table_of(OutboundCallRow)
REQUEST_COLUMNS = (
    *("id", "operation_id", "order_id", "tenant"),
    *("element", "kind", "subject", "parameters", "priority"),
    *("max_tries", "timeout_ms", "tries", "questions", "doubtful"),
    *("local_network", "cause", "correlation_id", "traceparent"),
)
INSERT_COLUMNS = (*REQUEST_COLUMNS, "wanted_at", "rank", "due_at", "lease_until", "code", "detail")
UPDATE_COLUMNS = (
    *("id", "tries", "questions", "doubtful", "due_at", "lease_until", "ended_at"),
    *("result", "code", "detail"),
)
NOW = bindparam("now", type_=Instant)
IS_OPEN = OUTBOUND_CALLS.c.ended_at.is_(None)
INSERT_CALLS = CompiledStatement(
    insert(OUTBOUND_CALLS)
    .from_select(
        INSERT_COLUMNS, select(unnest([OUTBOUND_CALLS.c[name] for name in INSERT_COLUMNS]))
    )
    .on_conflict_do_nothing()
    .returning(OUTBOUND_CALLS.c.id)
)
IS_LEASED = OUTBOUND_CALLS.c.lease_until.is_not(None)
IS_CLAIMABLE = or_(OUTBOUND_CALLS.c.lease_until.is_(None), OUTBOUND_CALLS.c.lease_until <= NOW)
DUE_CALLS = CompiledStatement(
    select(
        *(OUTBOUND_CALLS.c[name] for name in REQUEST_COLUMNS), OUTBOUND_CALLS.c.wanted_at, IS_LEASED
    )
    .where(IS_OPEN, IS_CLAIMABLE, OUTBOUND_CALLS.c.due_at <= NOW)
    .where(
        OUTBOUND_CALLS.c.element
        != func.all(bindparam("full", type_=ARRAY(OUTBOUND_CALLS.c.element.type)))
    )
    .order_by(OUTBOUND_CALLS.c.rank)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
CLAIMABLE_AT = func.greatest(
    OUTBOUND_CALLS.c.due_at, func.coalesce(OUTBOUND_CALLS.c.lease_until, NOW)
)
NEXT_DUE = CompiledStatement(select(func.min(CLAIMABLE_AT)).where(IS_OPEN))
LEASE_END = Column("held_until", Instant)
ENDED_LEASES = unnest([OUTBOUND_CALLS.c.id, LEASE_END])
IS_LEASE_ENDED = exists().where(
    OUTBOUND_CALLS.c.id == ENDED_LEASES.c.id,
    OUTBOUND_CALLS.c.lease_until == ENDED_LEASES.c.held_until,
)
COUNT_LEASED = CompiledStatement(
    select(OUTBOUND_CALLS.c.element, func.count())
    .where(IS_OPEN, IS_LEASED, OUTBOUND_CALLS.c.lease_until > NOW, ~IS_LEASE_ENDED)
    .group_by(OUTBOUND_CALLS.c.element)
)
UPDATES = unnest([*(OUTBOUND_CALLS.c[name] for name in UPDATE_COLUMNS), LEASE_END])
UPDATE_CALLS = CompiledStatement(
    update(OUTBOUND_CALLS)
    .where(
        OUTBOUND_CALLS.c.id == UPDATES.c.id,
        OUTBOUND_CALLS.c.lease_until == UPDATES.c.held_until,
        IS_OPEN,
    )
    .values({name: UPDATES.c[name] for name in UPDATE_COLUMNS[1:]})
    .returning(OUTBOUND_CALLS.c.id)
)
"""Nothing that somebody else has claimed since, or that is over."""

RELEASE_LEASE = CompiledStatement(
    update(OUTBOUND_CALLS)
    .where(OUTBOUND_CALLS.c.id == bindparam("id", type_=OUTBOUND_CALLS.c.id.type), IS_OPEN)
    .where(OUTBOUND_CALLS.c.lease_until == bindparam("until", type_=Instant))
    .values(lease_until=None)
)

CLAIM_LOCK = func.hashtext("kaitong.attempts.claim")
LOCK_CLAIMS = CompiledStatement(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
TRY_LOCK_CLAIMS = CompiledStatement(select(func.pg_try_advisory_xact_lock(CLAIM_LOCK)))
"""Who leases holds the turn until its transaction ends, so that all count the same calls."""

NO_LEASES: Mapping[UUID, datetime] = {}


def enqueue(
    session: Session,
    wanted: Sequence[CallRequest],
    now: datetime,
    until: Mapping[UUID, datetime] = NO_LEASES,
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
        (*_request_row(call, cause), now, queue_rank(call, now), now, until.get(call.id), "", "")
        for call, cause in wanted
    ]
    return set(INSERT_CALLS.column(session, bind_arrays(INSERT_COLUMNS, rows))) if rows else set()


def _request_row(call: OutboundCall, cause: Causation) -> tuple[object, ...]:
    return (
        *(call.id, call.operation_id, call.order_id, call.tenant),
        *(call.element, call.kind, call.subject, call.parameters),
        *(call.priority, call.max_tries),
        round(call.timeout / timedelta(milliseconds=1)),
        *(call.tries, call.questions, call.doubtful),
        *(cause.local_network, cause.id, cause.correlation_id, cause.traceparent),
    )


def lock_claims(session: Session) -> None:
    """Wait for the turn to lease; until the transaction ends nobody else does."""
    LOCK_CLAIMS.rows(session)


def try_lock_claims(session: Session) -> bool:
    """Take the turn to lease, if nobody has it; wait for nobody."""
    return bool(TRY_LOCK_CLAIMS.value(session))


def count_leased(
    session: Session, now: datetime, ended_leases: Collection[Answered] = ()
) -> dict[str, int]:
    """Return how many calls are under way at each element, by all processes.

    Calls count as over whose answers this process has, and has not written down yet.
    """
    bound = bind_arrays(("id", "held_until"), list(ended_leases))
    return dict(COUNT_LEASED.rows(session, {"now": now, **bound}))


def due_calls(session: Session, now: datetime, full: Collection[str], limit: int) -> list[Claim]:
    """Return what is to be called now, the first in the queue first, locked.

    Args:
        session: the claiming transaction.
        now: the time.
        full: elements that bear no more calls.
        limit: at most so many.
    """
    rows = DUE_CALLS.rows(session, {"now": now, "full": list(full), "limit": limit})
    return [_leased_call(now, *row) for row in rows]


def _leased_call(now: datetime, *row: Any) -> Claim:  # noqa: ANN401  a row of many types
    *fields, wanted_at, was_leased = row
    *fields, local_network, cause, correlation_id, traceparent = fields
    wanted = dict(zip(REQUEST_COLUMNS, fields, strict=False))
    timeout = timedelta(milliseconds=wanted.pop("timeout_ms"))
    call = OutboundCall(**wanted, timeout=timeout)
    if was_leased:
        call = replace(call, doubtful=True)
    context = Causation(cause, correlation_id, call.tenant, local_network, traceparent)
    return start_lease(call, context, wanted_at, now)


def start_lease(call: OutboundCall, cause: Causation, wanted_at: datetime, now: datetime) -> Claim:
    """Return the leased_call on a call that is called from now on."""
    return Claim(call, cause, now + call.timeout + GRACE, wanted_at)


def lease(session: Session, leased_calls: Iterable[Claim]) -> None:
    """Note that these are being called, each until a time."""
    rows = [(each.call.id, each.call.doubtful, each.until) for each in leased_calls]
    update_rows(session, OutboundCallRow, ("id", "doubtful", "lease_until"), rows)


def release_lease(session: Session, each: Claim) -> None:
    """Give a lease back of which no use was made; if nobody else has it, nothing is in doubt."""
    RELEASE_LEASE.run(session, {"id": each.call.id, "until": each.until})


def save_decisions(session: Session, decided: Iterable[Concluded], now: datetime) -> set[UUID]:
    """Write down how attempts go on, or how they ended; return those that were ours still."""
    rows = [_update_row(each, now) for each in decided]
    return set(UPDATE_CALLS.column(session, bind_arrays((*UPDATE_COLUMNS, "held_until"), rows)))


def _update_row(decided: Concluded, now: datetime) -> tuple[object, ...]:
    decision, until = decided.decision, decided.leased_call.until
    call, (result, code, detail) = decision.call, decision.outcome
    counts = (call.id, call.tries, call.questions, call.doubtful)
    if isinstance(decision, EndCall):
        return (*counts, now, None, now, result, code, detail, until)
    return (*counts, now + decision.delay, None, None, None, code, detail, until)


def cancel_order_calls(session: Session, order_id: UUID, now: datetime) -> None:
    """End an order's attempts that are open: what they were for has been decided already."""
    mine = update(OUTBOUND_CALLS).where(OUTBOUND_CALLS.c.order_id == order_id, IS_OPEN)
    ended = {
        "ended_at": now,
        "lease_until": None,
        "result": CallResult.FAILED,
        "code": "called-off",
    }
    session.execute(mine.values(ended))


def count_open(session: Session) -> tuple[int, int]:
    """Return how many attempts are not over, and how many of those are in doubt."""
    doubtful = func.count().filter(OUTBOUND_CALLS.c.doubtful)
    waiting, in_doubt = session.execute(select(func.count(), doubtful).where(IS_OPEN)).one()
    return int(waiting), int(in_doubt)


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when there is something to call next, if ever."""
    due: datetime | None = NEXT_DUE.value(session, {"now": now})
    return due


def calls_of_order(session: Session, order_id: UUID) -> list[OutboundCallRow]:
    """Return all attempts of one order, oldest first, to show them."""
    mine = select(OutboundCallRow).where(OutboundCallRow.order_id == order_id)
    return list(session.scalars(mine.order_by(OutboundCallRow.wanted_at, OutboundCallRow.id)))
