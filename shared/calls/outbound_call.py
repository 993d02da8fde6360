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
from shared.contracts.parts import ElementName

AGEING = timedelta(seconds=20)
"""What one step of priority is worth: so long may the less urgent wait and still be overtaken."""

FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=30)
MOST_DOUBLINGS = 16
MOST_QUESTIONS = 6
"""So often an element is asked what became of an operation before people are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One operation on one network element, wanted by one order."""

    id: UUID
    """This attempt, which ends once."""

    operation_id: UUID
    """What the element knows it by: it does an operation once, however often it is called.

    A later attempt at what nobody could tell the outcome of has the same.
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


class Result(StrEnum):
    """What came of a call, or in the end of an attempt."""

    DONE = "done"
    REFUSED = "refused"
    """The element said no, and will say so again."""

    FAILED = "failed"
    """Nothing was done; another call may succeed."""

    UNDECIDED = "undecided"
    """Nobody can tell whether it was done."""


class Outcome(NamedTuple):
    """What an element answered."""

    result: Result
    code: str = ""
    detail: str = ""
    """For people, as the element put it."""


UNKNOWN = Outcome(Result.UNDECIDED, "no-answer", "the element did not answer in time")


class ElementTimeoutError(Exception):
    """The call may or may not have been done."""


class CannotAskError(Exception):
    """The element cannot tell what became of an operation."""


class Adapter(Protocol):
    """How elements of one kind are spoken to."""

    async def perform(self, attempt: Attempt) -> Outcome:
        """Have the operation done, once per operation id.

        Raises:
            ElementTimeoutError: if nobody can tell whether it was done.
        """

    async def ask(self, attempt: Attempt) -> Outcome | None:
        """Return what became of the operation; None if the element never heard of it.

        Raises:
            ElementTimeoutError: if the element does not answer now.
            CannotAskError: if it never can.
        """


@private("provisioning.attempt_answered", 1)
class AttemptAnswered(OrderMessage, frozen=True, kw_only=True):
    """An attempt has ended, one way or another."""

    attempt_id: UUID
    result: Result
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The attempt is over."""

    attempt: Attempt
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Again:
    """The attempt goes on after a pause: another call, or another question."""

    attempt: Attempt
    pause: timedelta
    outcome: Outcome


Verdict: TypeAlias = End | Again


def after_call(attempt: Attempt, outcome: Outcome) -> Verdict:
    """Decide how to go on after a call."""
    match outcome.result:
        case Result.DONE | Result.REFUSED:
            return End(attempt, outcome)
        case Result.FAILED:
            return _call_again(attempt, outcome)
        case Result.UNDECIDED:
            return Again(replace(attempt, doubtful=True, questions=0), FIRST_PAUSE, outcome)


def after_question(attempt: Attempt, outcome: Outcome | None) -> Verdict:
    """Decide how to go on after asking what became of a call; None: it never arrived."""
    if outcome is None:
        return _call_again(attempt, Outcome(Result.FAILED, "never-arrived", "the call was lost"))
    if outcome.result is not Result.UNDECIDED:
        return after_call(replace(attempt, doubtful=False), outcome)
    if attempt.questions + 1 >= MOST_QUESTIONS:
        return End(attempt, outcome)
    asked = replace(attempt, questions=attempt.questions + 1)
    return Again(asked, pause_after(asked.questions), outcome)


def _call_again(attempt: Attempt, outcome: Outcome) -> Verdict:
    tried = replace(attempt, tries=attempt.tries + 1, doubtful=False, questions=0)
    if tried.tries >= attempt.max_tries:
        return End(tried, outcome)
    return Again(tried, pause_after(tried.tries), outcome)


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(MOST_DOUBLINGS, max(0, tries - 1))
    return min(LONGEST_PAUSE, doubled)


def rank(attempt: Attempt, wanted_at: datetime) -> datetime:
    """Return where an attempt stands in the queue: the urgent first, and nobody for ever last."""
    return wanted_at + attempt.priority * AGEING
