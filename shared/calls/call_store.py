"""The store of outbound calls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Index, bindparam, exists, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.calls.lease import DecidedCall, EndedLease, LeasedCall
from shared.calls.outbound_call import CallResult, EndCall, OutboundCall, aged_queue_time
from shared.contracts import Causation, Characteristic
from shared.messaging.commit_context import Callback, do_nothing
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import bind_arrays, table_of, unnest, update_rows
from shared.persistence.database import Base, Instant, enum_text, json_bytes
from shared.persistence.statements import CompiledStatement


class CallRequest(NamedTuple):
    """A requested call, and its cause."""

    call: OutboundCall
    cause: Causation

    @staticmethod
    def takes_global_lock() -> bool:
        """Return True: claims are made under a lock."""
        return True

    @classmethod
    def write(cls, session: Session, several: "Sequence[CallRequest]", now: datetime) -> Callback:
        """Store the requested calls; a process with a runner finds them."""
        enqueue(session, several, now)
        return do_nothing


def request_call(work: UnitOfWork, call: OutboundCall) -> None:
    """Request an operation on a network element, once this work is committed."""
    work.transaction.add(CallRequest(call, work.cause))


class OutboundCallRow(Base):
    """One operation on an element: requested, under way or ended."""

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
    """The result of `aged_queue_time`."""

    due_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    """The end of the lease of a call under way; past it, the outcome is unknown."""

    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[CallResult | None] = mapped_column(enum_text(CallResult))
    code: Mapped[str]
    detail: Mapped[str]
    step: Mapped[str] = mapped_column(server_default="")
    """Empty if the previous version requested it; then `undo` and `round` say nothing."""

    undo: Mapped[bool] = mapped_column(server_default=false())
    round: Mapped[int] = mapped_column(server_default="0")

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
    *("step", "undo", "round"),
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
FULL = bindparam("full", type_=ARRAY(OUTBOUND_CALLS.c.element.type))
DUE_CALLS = CompiledStatement(
    select(
        *(OUTBOUND_CALLS.c[name] for name in REQUEST_COLUMNS), OUTBOUND_CALLS.c.wanted_at, IS_LEASED
    )
    .where(IS_OPEN, IS_CLAIMABLE, OUTBOUND_CALLS.c.due_at <= NOW)
    .where(OUTBOUND_CALLS.c.element != func.all(FULL))
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
"""Skips calls that another process has claimed since, or that have ended."""

RELEASE_LEASE = CompiledStatement(
    update(OUTBOUND_CALLS)
    .where(OUTBOUND_CALLS.c.id == bindparam("id", type_=OUTBOUND_CALLS.c.id.type), IS_OPEN)
    .where(OUTBOUND_CALLS.c.lease_until == bindparam("until", type_=Instant))
    .values(lease_until=None)
)

CLAIM_LOCK = func.hashtext("kaitong.attempts.claim")
LOCK_CLAIMS = CompiledStatement(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
TRY_LOCK_CLAIMS = CompiledStatement(select(func.pg_try_advisory_xact_lock(CLAIM_LOCK)))
"""Held until the claiming transaction ends, so that all processes count the same calls."""

NO_LEASES: Mapping[UUID, datetime] = {}


def enqueue(
    session: Session,
    requests: Sequence[CallRequest],
    now: datetime,
    leases: Mapping[UUID, datetime] = NO_LEASES,
) -> set[UUID]:
    """Store requested calls. Stored ones stay as they are.

    Args:
        session: the requesting transaction.
        requests: the calls.
        now: the time.
        leases: the end of the lease of each call that is leased at once.

    Returns:
        The ids of those that were not stored before.
    """
    rows = [(*_new_row(call, cause, now), leases.get(call.id), "", "") for call, cause in requests]
    return set(INSERT_CALLS.column(session, bind_arrays(INSERT_COLUMNS, rows))) if rows else set()


def _new_row(call: OutboundCall, cause: Causation, now: datetime) -> tuple[object, ...]:
    return (
        *(call.id, call.operation_id, call.order_id, call.tenant),
        *(call.element, call.kind, call.subject, call.parameters),
        *(call.priority, call.max_tries),
        round(call.timeout / timedelta(milliseconds=1)),
        *(call.tries, call.questions, call.doubtful),
        *(call.step, call.undo, call.round),
        *(cause.local_network, cause.id, cause.correlation_id, cause.traceparent),
        *(now, aged_queue_time(call, now), now),
    )


def lock_claims(session: Session) -> None:
    """Wait for the claim lock, and hold it until the transaction ends."""
    LOCK_CLAIMS.rows(session)


def try_lock_claims(session: Session) -> bool:
    """Take the claim lock if it is free, without waiting; return whether it was."""
    return bool(TRY_LOCK_CLAIMS.value(session))


def count_leased(
    session: Session, now: datetime, ended_leases: Collection[EndedLease] = ()
) -> dict[str, int]:
    """Return how many calls are under way at each element, by all processes.

    Calls count as ended if this process has their answers, not committed yet.
    """
    bound = bind_arrays(("id", "held_until"), list(ended_leases))
    return dict(COUNT_LEASED.rows(session, {"now": now, **bound}))


def due_calls(
    session: Session, now: datetime, full: Collection[str], limit: int
) -> list[LeasedCall]:
    """Return the calls that are due, in the order of the queue, locked.

    Args:
        session: the claiming transaction.
        now: the time.
        full: elements at their limit.
        limit: the greatest number of calls.
    """
    rows = DUE_CALLS.rows(session, {"now": now, "full": list(full), "limit": limit})
    return [_leased_call_from_row(now, *row) for row in rows]


def _leased_call_from_row(now: datetime, *row: Any) -> LeasedCall:  # noqa: ANN401  a row of many types
    *fields, local_network, cause, correlation_id, traceparent, wanted_at, was_leased = row
    values = dict(zip(REQUEST_COLUMNS, fields, strict=False))
    timeout = timedelta(milliseconds=values.pop("timeout_ms"))
    call = OutboundCall(**values, timeout=timeout)
    call = replace(call, doubtful=True) if was_leased else call
    context = Causation(cause, correlation_id, call.tenant, local_network, traceparent)
    return LeasedCall.new(call, context, wanted_at, now)


def lease(session: Session, leased_calls: Iterable[LeasedCall]) -> None:
    """Store the leases of these calls."""
    rows = [(each.call.id, each.call.doubtful, each.until) for each in leased_calls]
    update_rows(session, OutboundCallRow, ("id", "doubtful", "lease_until"), rows)


def release_lease(session: Session, each: LeasedCall) -> None:
    """Release an unused lease unless another process has it; nothing is in doubt then."""
    RELEASE_LEASE.run(session, {"id": each.call.id, "until": each.until})


def save_decisions(session: Session, decided: Iterable[DecidedCall], now: datetime) -> set[UUID]:
    """Store how calls continue or ended; return those whose lease was still ours."""
    rows = [_decision_row(each, now) for each in decided]
    return set(UPDATE_CALLS.column(session, bind_arrays((*UPDATE_COLUMNS, "held_until"), rows)))


def _decision_row(decided: DecidedCall, now: datetime) -> tuple[object, ...]:
    decision, until = decided.decision, decided.leased_call.until
    call, (result, code, detail) = decision.call, decision.outcome
    counts = (call.id, call.tries, call.questions, call.doubtful)
    if isinstance(decision, EndCall):
        return (*counts, now, None, now, result, code, detail, until)
    return (*counts, now + decision.delay, None, None, None, code, detail, until)


def cancel_order_calls(session: Session, order_id: UUID, now: datetime) -> None:
    """End an order's open calls: what they were for has been decided already."""
    open_calls = update(OUTBOUND_CALLS).where(OUTBOUND_CALLS.c.order_id == order_id, IS_OPEN)
    failed = {"result": CallResult.FAILED, "code": "called-off"}
    session.execute(open_calls.values(ended_at=now, lease_until=None, **failed))


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when the next call can be claimed; None if none is open."""
    due: datetime | None = NEXT_DUE.value(session, {"now": now})
    return due


def calls_of_order(session: Session, order_id: UUID) -> list[OutboundCallRow]:
    """Return all calls of one order, oldest first, to show them."""
    calls = select(OutboundCallRow).where(OutboundCallRow.order_id == order_id)
    return list(session.scalars(calls.order_by(OutboundCallRow.wanted_at, OutboundCallRow.id)))
