"""Outbound calls to network elements, from the request to the outcome.

Handlers request a call; the runner (runner.py) makes it. A call without an answer has
an *unknown* outcome, never a failure: the element is queried for the outcome of the
operation, or, where its protocol is repeatable, the operation is repeated. A call that is
made again carries the same operation id.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from shared.backoff import grown_pause
from shared.contracts import Characteristic, OrderMessage, private
from shared.contracts.message_parts import ElementName

PRIORITY_AGEING = timedelta(seconds=20)
"""One step of priority counts as this much waiting time."""

FIRST_RETRY_DELAY = timedelta(milliseconds=200)
MAX_RETRY_DELAY = timedelta(seconds=30)
MAX_STATUS_QUERIES = 6
"""Status queries or repetitions without a result before the outcome is left to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundCall:
    """One operation on one network element, requested by one order."""

    id: UUID
    """This call, which ends once."""

    operation_id: UUID
    """The idempotency key: the element does an operation once, however often it is called.

    A later call after an unknown outcome has the same.
    """

    order_id: UUID
    tenant: str
    element: ElementName
    kind: str
    """The operation, in the element's own terms, for example `create-account`."""

    subject: str
    """What it is done to: the service."""

    parameters: tuple[Characteristic, ...] = ()
    priority: int = 4
    max_tries: int = 5
    timeout: timedelta = timedelta(seconds=5)
    tries: int = 0
    """Calls that were certainly without effect."""

    questions: int = 0
    """Status queries or repetitions without a result since the outcome became unknown."""

    doubtful: bool = False
    """The outcome of the last call is unknown: find it out before anything else."""

    step: str = ""
    """The step of the order's plan that it carries out; the answer repeats it."""

    undo: bool = False
    """It undoes the step."""

    round: int = 0
    """The number of this call among those of the step in this direction, from 1."""


class CallResult(StrEnum):
    """The result of one try of a call, and of the whole call."""

    DONE = "done"
    REFUSED = "refused"
    """The element refused, and would refuse again."""

    FAILED = "failed"
    """Nothing was done; another call may succeed."""

    UNDECIDED = "undecided"
    """It is unknown whether it was done."""


class CallOutcome(NamedTuple):
    """What an element answered."""

    result: CallResult
    code: str = ""
    detail: str = ""
    """For people, in the element's words."""


UNKNOWN_OUTCOME = CallOutcome(
    CallResult.UNDECIDED, "no-answer", "the element did not answer in time"
)


class UnknownOutcomeError(Exception):
    """The call may or may not have been done."""


class CannotQueryError(Exception):
    """The element cannot report the outcome of an operation."""


@private("provisioning.attempt_answered", 1)
class OutboundCallEnded(OrderMessage, frozen=True, kw_only=True):
    """A call has ended, one way or another."""

    attempt_id: UUID
    result: CallResult
    code: str = ""
    detail: str = ""
    step: str = ""
    """Empty if the previous version requested the call, or stored the answer."""

    undo: bool = False
    round: int = 0


@dataclass(frozen=True, slots=True)
class EndCall:
    """The call is over."""

    call: OutboundCall
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class ContinueCall:
    """The call continues after a pause: another try, status query or repetition."""

    call: OutboundCall
    delay: timedelta
    outcome: CallOutcome


CallDecision: TypeAlias = EndCall | ContinueCall


def decide_after_call(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    """Decide how to continue after a try."""
    match outcome.result:
        case CallResult.DONE | CallResult.REFUSED:
            return EndCall(call, outcome)
        case CallResult.FAILED:
            return _retry_or_end(call, outcome)
        case CallResult.UNDECIDED:
            return ContinueCall(
                replace(call, doubtful=True, questions=0), FIRST_RETRY_DELAY, outcome
            )


def decide_after_query(call: OutboundCall, outcome: CallOutcome | None) -> CallDecision:
    """Decide how to continue after a status query; None: the call never arrived."""
    if outcome is None:
        return _retry_or_end(
            call, CallOutcome(CallResult.FAILED, "never-arrived", "the call was lost")
        )
    if outcome.result is not CallResult.UNDECIDED:
        return decide_after_call(replace(call, doubtful=False), outcome)
    return _ask_again_or_end(call, outcome)


def decide_after_repetition(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    """Decide how to continue after an operation was repeated because its outcome is unknown.

    A repetition that failed had no effect itself, but says nothing of the one before.
    """
    if outcome.result in {CallResult.DONE, CallResult.REFUSED}:
        return EndCall(replace(call, doubtful=False), outcome)
    return _ask_again_or_end(call, outcome._replace(result=CallResult.UNDECIDED))


def _ask_again_or_end(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    if call.questions + 1 >= MAX_STATUS_QUERIES:
        return EndCall(call, outcome)
    asked = replace(call, questions=call.questions + 1)
    return ContinueCall(asked, retry_delay(asked.questions), outcome)


def _retry_or_end(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    tried = replace(call, tries=call.tries + 1, doubtful=False, questions=0)
    if tried.tries >= call.max_tries:
        return EndCall(tried, outcome)
    return ContinueCall(tried, retry_delay(tried.tries), outcome)


def retry_delay(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time."""
    return grown_pause(FIRST_RETRY_DELAY, MAX_RETRY_DELAY, max(0, tries - 1))


def aged_queue_time(call: OutboundCall, wanted_at: datetime) -> datetime:
    """Return the time by which calls are sorted in the queue, so that no call starves.

    Each step of priority counts as `PRIORITY_AGEING` of waiting: 0 is the most urgent.
    """
    return wanted_at + call.priority * PRIORITY_AGEING
