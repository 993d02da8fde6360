"""The runner: what is wanted of network elements is called.

It wakes at once after the commit that made work. Calls happen outside any
transaction, several at a time; outcomes are committed in batches, together with
what the handlers make of them.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import uniform
from time import monotonic

import structlog
from sqlalchemy.orm import Session

from shared.calls import call_store
from shared.calls.call_store import CallRequest
from shared.calls.claiming import Leases
from shared.calls.element_limits import Limits
from shared.calls.lease import Answered, Claim, Concluded
from shared.calls.outbound_call import (
    UNKNOWN,
    Adapter,
    Again,
    Attempt,
    AttemptAnswered,
    CannotAskError,
    ElementTimeoutError,
    End,
    Outcome,
    Verdict,
    after_call,
    after_question,
)
from shared.contracts import Cause, Envelope, encode
from shared.error_text import named
from shared.kafka.records import Record
from shared.messaging.after_commit import Callback, Dispatch
from shared.messaging.crash_guard import Caution
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.inbox import number_of
from shared.messaging.publisher import Relay
from shared.messaging.retry import patiently
from shared.messaging.unit_of_work import Work, begin
from shared.observability import metrics
from shared.observability.troubles import age_s
from shared.pacing import breath
from shared.persistence.database import Sessions

log = structlog.get_logger()

LOOK_AGAIN = timedelta(seconds=1)
"""The longest rest: another process may have made work."""

FULL = timedelta(milliseconds=200)
"""The rest while every element that is wanted is busy."""


TOGETHER = timedelta(milliseconds=8)
"""So long an outcome waits for those of other calls: an order's branches often end together."""


@dataclass(slots=True)
class Runner:
    """Calls elements for one service."""

    sessions: Sessions
    relay: Relay
    subscriptions: Subscriptions
    caution: Caution
    adapter: Adapter
    limits: Callable[[Session], Limits]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _calls: set["asyncio.Task[None]"] = field(default_factory=set)
    _concluded: "asyncio.Queue[Concluded]" = field(default_factory=asyncio.Queue)
    _answered: set[Answered] = field(default_factory=set)
    """Calls whose answers are there: until they are committed their leases hold no places."""

    _answers: int = 0
    """How many answers there have been."""

    _leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        clock = partial(datetime.now, UTC)
        self._leases = Leases(self.limits, self._calls, self._answered, clock)

    def wake(self) -> None:
        """Look at once whether there is something to call."""
        self._wake.set()

    def enqueue(self, session: Session, several: Sequence[CallRequest], now: datetime) -> Callback:
        """Write down what is wanted; call what of it is leased once that is committed."""
        claims = self._leases.enqueue(session, several, now)
        return partial(self._begin_what_was_wanted, claims, len(claims) == len(several))

    def _begin_what_was_wanted(self, claims: Sequence[Claim], is_all: bool) -> None:  # noqa: FBT001
        self.call(claims)
        if not is_all:
            self.wake()

    def call(self, claims: Sequence[Claim]) -> None:
        """Call what was leased."""
        for claim in claims:
            call = asyncio.create_task(self._call(claim))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def run(self) -> None:
        """Call what is due, and commit what came of it, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._begin_calls())
            group.create_task(self._commit_outcomes())

    async def _begin_calls(self) -> None:
        crowd = 1
        while True:
            woken = self._wake.is_set()
            self._wake.clear()
            answers = self._answers
            async with breath(crowd):
                lease = partial(self._claim, look_first=not woken)
                claims, next_due = await patiently(self.relay, lease)
            if self._leases.is_short and self._answers > answers:
                self.wake()  # a place that was not free when they were counted may be free now
            crowd = len(claims)
            self.call(claims)
            await self._rest(next_due)

    async def _rest(self, next_due: datetime | None) -> None:
        """Sleep until something is due, somebody wakes us, or it is time to look again.

        What was due and not claimed waits for a place at its element: the end of a call
        wakes us, and a rate gives way with time.
        """
        until_due = next_due - datetime.now(UTC) if next_due else LOOK_AGAIN
        rest = min(LOOK_AGAIN, max(FULL, until_due))
        try:
            async with asyncio.timeout(rest.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return

    def _claim(
        self, dispatch: Dispatch, *, look_first: bool = True
    ) -> tuple[list[Claim], datetime | None]:
        """Lease what is due and what the elements bear; else return when the next is due."""
        now = datetime.now(UTC)
        with begin(self.sessions, now, dispatch) as transaction:
            return self._leases.claim(transaction.session, now, look_first=look_first)

    async def _call(self, claim: Claim) -> None:
        """Call, or ask what became of a call; free the place, and hand the outcome on."""
        if not claim.may_begin(datetime.now(UTC)):
            await patiently(self.relay, partial(self._let_go, claim))
            return self.wake()
        attempt = claim.attempt
        begun = monotonic()
        verdict = await (self._ask(attempt) if attempt.doubtful else self._perform(attempt))
        self._answered.add((attempt.id, claim.until))
        self._answers += 1
        if self._leases.is_short:
            self.wake()
        self._measure(claim, verdict, monotonic() - begun)
        return self._concluded.put_nowait(Concluded(claim, verdict))

    def _measure(self, claim: Claim, verdict: Verdict, took_s: float) -> None:
        element = claim.attempt.element
        kind = self._leases.limits.type_of(element)
        metrics.call_seconds(kind).observe(took_s)
        if isinstance(verdict, End):
            metrics.step_seconds(kind).observe(age_s(claim.wanted_at, datetime.now(UTC)))
        result = verdict.outcome.result if isinstance(verdict, End) else "again"
        metrics.attempts(element, result).inc()

    def _let_go(self, claim: Claim, dispatch: Dispatch) -> None:
        """Give back what was leased too long ago: its turn was long, or we were stopped."""
        with begin(self.sessions, datetime.now(UTC), dispatch) as transaction:
            call_store.let_go(transaction.session, claim)

    async def _perform(self, attempt: Attempt) -> Verdict:
        try:
            async with asyncio.timeout(attempt.timeout.total_seconds()):
                return after_call(attempt, await self.adapter.perform(attempt))
        except (TimeoutError, ElementTimeoutError):
            return after_call(attempt, UNKNOWN)
        except Exception as bug:  # noqa: BLE001  the call may have been done all the same
            return after_call(attempt, _stumbled(attempt, bug))

    async def _ask(self, attempt: Attempt) -> Verdict:
        try:
            async with asyncio.timeout(attempt.timeout.total_seconds()):
                return after_question(attempt, await self.adapter.ask(attempt))
        except (TimeoutError, ElementTimeoutError):
            return after_question(attempt, UNKNOWN)
        except CannotAskError as error:
            return End(attempt, UNKNOWN._replace(code="cannot-ask", detail=str(error)))
        except Exception as bug:  # noqa: BLE001  what was to be asked is unknown still
            return after_question(attempt, _stumbled(attempt, bug))

    async def _commit_outcomes(self) -> None:
        while True:
            concluded = [await self._concluded.get()]
            if self._calls:
                await asyncio.sleep(TOGETHER.total_seconds())
            while not self._concluded.empty():
                concluded.append(self._concluded.get_nowait())
            metrics.batch_size("runner").observe(len(concluded))
            async with breath(len(concluded)):
                with metrics.batch_seconds("runner").time():
                    await self._commit(concluded)
            self._answered.difference_update(
                (claim.attempt.id, claim.until) for claim, _ in concluded
            )
            if any(isinstance(each.verdict, Again) for each in concluded):
                self.wake()

    async def _commit(self, concluded: Sequence[Concluded]) -> None:
        """Commit outcomes: those that end an attempt go to its handler, in the same transaction."""
        pauses = [each for each in concluded if isinstance(each.verdict, Again)]
        ends = {_record(each): each for each in concluded if isinstance(each.verdict, End)}
        if pauses:
            await patiently(self.relay, partial(self._pause, pauses))
        if ends:
            receiver = Receiver(self.sessions, self.subscriptions, partial(_end, ends))
            await patiently(self.relay, partial(self.caution.receive, receiver, list(ends)))

    def _pause(self, pauses: Sequence[Concluded], dispatch: Dispatch) -> None:
        now = datetime.now(UTC)
        with begin(self.sessions, now, dispatch) as transaction:
            again = [Concluded(claim, _jittered(verdict)) for claim, verdict in pauses]
            ours = call_store.conclude(transaction.session, again, now)
            for claim, verdict in again:
                if claim.attempt.id in ours:
                    _note(transaction.work(claim.cause), claim.attempt, verdict)


def _stumbled(attempt: Attempt, bug: Exception) -> Outcome:
    """Return what is known after a bug in an adapter: nothing. People are told in the end."""
    log.error("adapter.bug", element=attempt.element, kind=attempt.kind, exc_info=bug)
    return UNKNOWN._replace(code="adapter-bug", detail=named(bug))


def _jittered(verdict: Verdict) -> Verdict:
    assert isinstance(verdict, Again)
    return replace(verdict, pause=verdict.pause * uniform(0.8, 1.2))  # noqa: S311  no secret


def _note(work: Work, attempt: Attempt, verdict: Verdict) -> None:
    """Keep in the history what an element said to one call."""
    outcome: Outcome = verdict.outcome
    reason = f"{outcome.code}: {outcome.detail}" if outcome.code else ""
    part = f"{attempt.element}/{attempt.kind}/{attempt.operation_id}"
    asked = "asked" if attempt.doubtful else "called"
    work.note("attempt", attempt.order_id, asked, outcome.result, part=part, reason=reason)


def _record(concluded: Concluded) -> Record:
    """Return the end of an attempt as a message; the same however often it is found."""
    (attempt, cause, *_), verdict = concluded
    result, code, detail = verdict.outcome
    message = AttemptAnswered(
        order_id=attempt.order_id, attempt_id=attempt.id, result=result, code=code, detail=detail
    )
    own = Cause(
        attempt.id, cause.correlation_id, cause.tenant, cause.local_network, cause.traceparent
    )
    envelope = Envelope.around(message, own, 0, 0, datetime.now(UTC))
    number = number_of(attempt.id)
    return Record("attempts", number, message.key.bytes, encode(envelope), message.type)


def _end(
    ends: Mapping[Record, Concluded], session: Session, records: Sequence[Record]
) -> list[Record]:
    """Write down what has ended; return what is ours to tell."""
    ours = call_store.conclude(session, [ends[each] for each in records], datetime.now(UTC))
    return [each for each in records if ends[each].claim.attempt.id in ours]
