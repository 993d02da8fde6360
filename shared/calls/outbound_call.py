"""Attempts: calls to network elements, as rows, from the wish to the outcome.

Handlers write a wish; the runner (runner.py) calls. A call that brings no answer
is *unknown*, never failed: the element is asked what became of the operation, and
a call that is made again carries the same operation id.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID

from shared.contracts import Characteristic, OrderMessage, private
from shared.contracts.message_parts import ElementName

PRIORITY_AGEING = timedelta(seconds=20)
"""What one step of priority is worth: so long may the less urgent wait and still be overtaken."""

FIRST_RETRY_DELAY = timedelta(milliseconds=200)
MAX_RETRY_DELAY = timedelta(seconds=30)
MAX_DOUBLINGS = 16
MAX_STATUS_QUERIES = 6
"""So often an element is asked what became of an operation before people are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundCall:
    """One operation on one network element, wanted by one order."""

    id: UUID
    """This call, which ends once."""

    operation_id: UUID
    """What the element knows it by: it does an operation once, however often it is called.

    A later call at what nobody could tell the outcome of has the same.
    """

    order_id: UUID
    tenant: str
    element: ElementName
    kind: str
    """What is to be done, in the element's own words, for example `create-account`."""

    subject: str
    """What it is done to: the service."""

    parameters: tuple[Characteristic, ...] = ()
    priority: int = 4
    max_tries: int = 5
    timeout: timedelta = timedelta(seconds=5)
    tries: int = 0
    """Calls that were certainly without effect."""

    questions: int = 0
    """How often the element was asked in vain since the last call."""

    doubtful: bool = False
    """Nobody knows what became of the last call: ask before calling again."""


class CallResult(StrEnum):
    """What came of a call, or in the end of a call."""

    DONE = "done"
    REFUSED = "refused"
    """The element said no, and will say so again."""

    FAILED = "failed"
    """Nothing was done; another call may succeed."""

    UNDECIDED = "undecided"
    """Nobody can tell whether it was done."""


class CallOutcome(NamedTuple):
    """What an element answered."""

    result: CallResult
    code: str = ""
    detail: str = ""
    """For people, as the element put it."""


UNKNOWN_OUTCOME = CallOutcome(
    CallResult.UNDECIDED, "no-answer", "the element did not answer in time"
)


class ElementTimeoutError(Exception):
    """The call may or may not have been done."""


class CannotQueryError(Exception):
    """The element cannot tell what became of an operation."""


class Adapter(Protocol):
    """How elements of one kind are spoken to."""

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Have the operation done, once per operation id.

        Raises:
            ElementTimeoutError: if nobody can tell whether it was done.
        """

    async def query_outcome(self, call: OutboundCall) -> CallOutcome | None:
        """Return what became of the operation; None if the element never heard of it.

        Raises:
            ElementTimeoutError: if the element does not answer now.
            CannotQueryError: if it never can.
        """


@private("provisioning.attempt_answered", 1)
class OutboundCallEnded(OrderMessage, frozen=True, kw_only=True):
    """A call has ended, one way or another."""

    attempt_id: UUID
    result: CallResult
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EndCall:
    """The call is over."""

    call: OutboundCall
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class RetryCall:
    """The call goes on after a pause: another call, or another question."""

    call: OutboundCall
    delay: timedelta
    outcome: CallOutcome


CallDecision: TypeAlias = EndCall | RetryCall


def decide_after_call(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    """Decide how to go on after a call."""
    match outcome.result:
        case CallResult.DONE | CallResult.REFUSED:
            return EndCall(call, outcome)
        case CallResult.FAILED:
            return _retry_or_end(call, outcome)
        case CallResult.UNDECIDED:
            return RetryCall(replace(call, doubtful=True, questions=0), FIRST_RETRY_DELAY, outcome)


def decide_after_query(call: OutboundCall, outcome: CallOutcome | None) -> CallDecision:
    """Decide how to go on after asking what became of a call; None: it never arrived."""
    if outcome is None:
        return _retry_or_end(
            call, CallOutcome(CallResult.FAILED, "never-arrived", "the call was lost")
        )
    if outcome.result is not CallResult.UNDECIDED:
        return decide_after_call(replace(call, doubtful=False), outcome)
    if call.questions + 1 >= MAX_STATUS_QUERIES:
        return EndCall(call, outcome)
    asked = replace(call, questions=call.questions + 1)
    return RetryCall(asked, retry_delay(asked.questions), outcome)


def _retry_or_end(call: OutboundCall, outcome: CallOutcome) -> CallDecision:
    tried = replace(call, tries=call.tries + 1, doubtful=False, questions=0)
    if tried.tries >= call.max_tries:
        return EndCall(tried, outcome)
    return RetryCall(tried, retry_delay(tried.tries), outcome)


def retry_delay(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time."""
    doubled: timedelta = FIRST_RETRY_DELAY * 2 ** min(MAX_DOUBLINGS, max(0, tries - 1))
    return min(MAX_RETRY_DELAY, doubled)


def queue_rank(call: OutboundCall, wanted_at: datetime) -> datetime:
    """Return where a call stands in the queue: the urgent first, and nobody for ever last."""
    return wanted_at + call.priority * PRIORITY_AGEING
