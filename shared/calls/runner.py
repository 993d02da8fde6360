"""The runner: makes the outbound calls to network elements.

It wakes at once after the commit that requested a call. Calls are made outside any
transaction, several at a time; outcomes are committed in batches, together with the
writes of their handlers.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from sqlalchemy.orm import Session

from shared.backoff import jittered
from shared.calls import call_store
from shared.calls.adapter import Adapter
from shared.calls.call_store import CallRequest
from shared.calls.calling import call_or_query, history_verb
from shared.calls.claiming import CallClaimer
from shared.calls.element_limits import LimitConfiguration
from shared.calls.lease import DecidedCall, EndedLease, LeasedCall
from shared.calls.outbound_call import (
    CallDecision,
    CallOutcome,
    ContinueCall,
    EndCall,
    OutboundCall,
    OutboundCallEnded,
)
from shared.contracts import Causation, ElementName, Envelope, encode
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import Callback, CommitContext
from shared.messaging.crash_guard import CrashGuard
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.inbox import surrogate_offset
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.unit_of_work import UnitOfWork, begin_transaction
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.observability.troubles import age_s
from shared.pacing import pause_after_batch, wait_for_event
from shared.persistence.database import Sessions

MAX_IDLE = timedelta(seconds=1)
"""The longest pause: another process may have requested calls."""

BUSY_PAUSE = timedelta(milliseconds=200)
"""The pause while every requested element is busy."""

RETRY_JITTER = 0.2
"""The share by which the delay of a retry is lengthened or shortened at random."""

OUTCOME_LINGER = timedelta(milliseconds=8)
"""How long an outcome waits for others: the branches of an order often end together."""


@dataclass(slots=True)
class CallRunner:
    """Calls elements for one service."""

    sessions: Sessions
    writer: Writer
    subscriptions: Subscriptions
    crash_guard: CrashGuard
    adapter_of: Callable[[ElementName], Adapter]
    limits: Callable[[Session], LimitConfiguration]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _calls: set["asyncio.Task[None]"] = field(default_factory=set)
    _decided: "asyncio.Queue[DecidedCall]" = field(default_factory=asyncio.Queue)
    _ended_leases: set[EndedLease] = field(default_factory=set)
    """Leases of answered calls: they hold no slots while the outcome is not committed yet."""

    _answer_count: int = 0
    """The number of answers so far."""

    _has_ended: bool = False
    """It makes no calls any more; leases that are committed later expire."""

    _claimer: CallClaimer = field(init=False)

    def __post_init__(self) -> None:
        clock = partial(datetime.now, UTC)
        self._claimer = CallClaimer(self.limits, self._calls, self._ended_leases, clock)

    def wake(self) -> None:
        """Check at once for due calls."""
        self._wake.set()

    def enqueue(self, session: Session, requests: Sequence[CallRequest], now: datetime) -> Callback:
        """Store requested calls; make those that are leased after the commit."""
        leased_calls = self._claimer.enqueue(session, requests, now)
        return partial(self._start_leased_calls, leased_calls, len(leased_calls) == len(requests))

    def _start_leased_calls(
        self,
        leased_calls: Sequence[LeasedCall],
        all_requests_leased: bool,  # noqa: FBT001  bound by partial
    ) -> None:
        """Start the leased calls; if not all requested ones were leased, check for due calls."""
        self.call(leased_calls)
        if not all_requests_leased:
            self.wake()

    def call(self, leased_calls: Sequence[LeasedCall]) -> None:
        """Make the leased calls, unless the runner has ended: adapters are closed then."""
        for leased_call in () if self._has_ended else leased_calls:
            call = asyncio.create_task(self._call(leased_call))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def run(self) -> None:
        """Make due calls, and commit their outcomes, until cancelled; calls end with it."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._start_due_calls())
                group.create_task(self._commit_outcomes())
        finally:
            self._has_ended = True
            await self._cancel_calls()

    async def _cancel_calls(self) -> None:
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _start_due_calls(self) -> None:
        batch_size = 1
        while True:
            woken = self._wake.is_set()
            self._wake.clear()
            answers = self._answer_count
            async with pause_after_batch(batch_size):
                lease = partial(self._claim, check_due_first=not woken)
                leased_calls, next_due = await retry_while_unavailable(self.writer, lease)
            if self._claimer.may_have_waiting_calls and self._answer_count > answers:
                self.wake()  # a slot may have become free since they were counted
            batch_size = len(leased_calls)
            self.call(leased_calls)
            await self._pause(next_due)

    async def _pause(self, next_due: datetime | None) -> None:
        """Sleep until a call is due, the runner is woken, or it is time to check again.

        Due calls that were not claimed wait for a slot at their element: the end of a call
        wakes the runner, and a rate allows more with time.
        """
        until_due = next_due - datetime.now(UTC) if next_due else MAX_IDLE
        await wait_for_event(self._wake, min(MAX_IDLE, max(BUSY_PAUSE, until_due)))

    def _claim(
        self, commit_context: CommitContext, *, check_due_first: bool = True
    ) -> tuple[list[LeasedCall], datetime | None]:
        """Lease due calls within the limits of elements; else return when the next is due."""
        now = datetime.now(UTC)
        with begin_transaction(self.sessions, now, commit_context) as transaction:
            return self._claimer.claim(transaction.session, now, check_due_first=check_due_first)

    async def _call(self, leased_call: LeasedCall) -> None:
        """Make a call, or query its outcome; free the slot, and queue the decision."""
        if not leased_call.may_begin(datetime.now(UTC)):
            await retry_while_unavailable(self.writer, partial(self._release_lease, leased_call))
            return self.wake()
        call = leased_call.call
        begun = monotonic()
        decision = await call_or_query(self.adapter_of(call.element), call)
        self._ended_leases.add((call.id, leased_call.until))
        self._answer_count += 1
        if self._claimer.may_have_waiting_calls:
            self.wake()
        self._measure(leased_call, decision, monotonic() - begun)
        return self._decided.put_nowait(DecidedCall(leased_call, decision))

    def _measure(self, leased_call: LeasedCall, decision: CallDecision, took_s: float) -> None:
        element = leased_call.call.element
        kind = self._claimer.limits.type_of(element)
        metrics.call_seconds(kind).observe(took_s)
        if isinstance(decision, EndCall):
            metrics.step_seconds(kind).observe(age_s(leased_call.wanted_at, datetime.now(UTC)))
        result = decision.outcome.result if isinstance(decision, EndCall) else "again"
        metrics.calls(element, result).inc()

    def _release_lease(self, leased_call: LeasedCall, commit_context: CommitContext) -> None:
        """Release a lease that is too old: the turn was long, or the process was suspended."""
        with begin_transaction(self.sessions, datetime.now(UTC), commit_context) as transaction:
            call_store.release_lease(transaction.session, leased_call)

    async def _commit_outcomes(self) -> None:
        while True:
            decided = [await self._decided.get()]
            if self._calls:
                await asyncio.sleep(OUTCOME_LINGER.total_seconds())
            while not self._decided.empty():
                decided.append(self._decided.get_nowait())
            metrics.batch_size("runner").observe(len(decided))
            async with pause_after_batch(len(decided)):
                with metrics.batch_seconds("runner").time():
                    await self._commit(decided)
            self._ended_leases.difference_update(
                (leased_call.call.id, leased_call.until) for leased_call, _ in decided
            )
            if any(isinstance(each.decision, ContinueCall) for each in decided):
                self.wake()

    async def _commit(self, decided: Sequence[DecidedCall]) -> None:
        """Commit outcomes: those that end a call go to its handler, in the same transaction."""
        retries = [each for each in decided if isinstance(each.decision, ContinueCall)]
        ends = {_ended_record(each): each for each in decided if isinstance(each.decision, EndCall)}
        if retries:
            await retry_while_unavailable(self.writer, partial(self._save_retries, retries))
        if ends:
            dispatcher = Dispatcher(self.sessions, self.subscriptions, partial(_save_ends, ends))
            await retry_while_unavailable(
                self.writer, partial(self.crash_guard.handle_batch, dispatcher, list(ends))
            )

    def _save_retries(self, retries: Sequence[DecidedCall], commit_context: CommitContext) -> None:
        now = datetime.now(UTC)
        with begin_transaction(self.sessions, now, commit_context) as transaction:
            again = [
                DecidedCall(leased_call, _jittered(decision)) for leased_call, decision in retries
            ]
            saved = call_store.save_decisions(transaction.session, again, now)
            for leased_call, decision in again:
                if leased_call.call.id in saved:
                    work, call = transaction.unit_of_work(leased_call.cause), leased_call.call
                    verb = history_verb(self.adapter_of(call.element), call)
                    _add_history(work, call, decision, verb)


def _jittered(decision: CallDecision) -> CallDecision:
    assert isinstance(decision, ContinueCall)
    return replace(decision, delay=jittered(decision.delay, RETRY_JITTER))


def _add_history(work: UnitOfWork, call: OutboundCall, decision: CallDecision, verb: str) -> None:
    """Record an element's answer to one call in the history."""
    outcome: CallOutcome = decision.outcome
    reason = f"{outcome.code}: {outcome.detail}" if outcome.code else ""
    part = f"{call.element}/{call.kind}/{call.operation_id}"
    work.record_change("attempt", call.order_id, verb, outcome.result, part=part, reason=reason)


def _ended_record(decided: DecidedCall) -> ConsumedRecord:
    """Return the end of a call as a message: the same at every try."""
    (call, cause, *_), decision = decided
    result, code, detail = decision.outcome
    message = OutboundCallEnded(
        order_id=call.order_id,
        attempt_id=call.id,
        result=result,
        code=code,
        detail=detail,
        step=call.step,
        undo=call.undo,
        round=call.round,
    )
    own = Causation(
        call.id, cause.correlation_id, cause.tenant, cause.local_network, cause.traceparent
    )
    envelope = Envelope.wrap(message, own, 0, 0, datetime.now(UTC))
    number = surrogate_offset(call.id)
    return ConsumedRecord("attempts", number, message.key.bytes, encode(envelope), message.type)


def _save_ends(
    ends: Mapping[ConsumedRecord, DecidedCall], session: Session, records: Sequence[ConsumedRecord]
) -> list[ConsumedRecord]:
    """Store ended calls; return the records of those whose lease was still ours."""
    saved = call_store.save_decisions(session, [ends[each] for each in records], datetime.now(UTC))
    return [each for each in records if ends[each].leased_call.call.id in saved]
