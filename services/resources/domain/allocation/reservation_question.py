"""Reservations that are old, and whether the order's plan answers for them.

What is reserved is given back only by people, and only after provisioning has said, when
it was asked for that very purpose, that no plan needs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.resources.domain.pool.resource import Holding
from services.resources.domain.pool.states import Transition, next_state
from shared.contracts import Held, ReservationAnswered, ReservationQuestioned
from shared.ids import named_id

REVIEW_AFTER = timedelta(hours=1)
"""What is reserved for longer is asked about."""

REVIEW_INTERVAL = timedelta(hours=1)
"""How often old reservations are looked for."""

ASK_AGAIN_AFTER = timedelta(days=1)
"""How often the same one is asked about: crews may need days."""


@dataclass(frozen=True, slots=True)
class ReservationQuestion:
    """What is known of one order's reservation."""

    order_id: UUID
    tenant: str
    since: datetime
    """Reserved at the latest since then."""

    question_id: UUID | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    is_needed: bool | None = None
    """None until the last question is answered."""

    plan: str = ""
    """The state of the plan, as it was answered."""

    release_by: str = ""
    """Who wants it given back, if the plan does not answer for it; empty for no one."""

    release_reason: str = ""

    @property
    def message(self) -> ReservationQuestioned:
        """What provisioning is asked."""
        assert self.question_id
        return ReservationQuestioned(order_id=self.order_id, question_id=self.question_id)


def ask(question: ReservationQuestion, cause: UUID, now: datetime) -> ReservationQuestion:
    """Ask whether a plan answers for the reservation."""
    return replace(
        question,
        question_id=named_id(cause, str(question.order_id)),
        asked_at=now,
        answered_at=None,
        is_needed=None,
        plan="",
    )


def with_release_wanted(question: ReservationQuestion, by: str, reason: str) -> ReservationQuestion:
    """Have the reservation given back, if the next answer is that no plan needs it."""
    return replace(question, release_by=by, release_reason=reason)


def unneeded_holdings(answer: ReservationAnswered, held: Iterable[Holding]) -> list[Holding]:
    """Return what is reserved, or about to be given back, and no plan needs."""
    reserved = [each for each in held if next_state(each.state, Transition.UNDO)]
    if answer.needs is None:
        return [] if answer.is_needed else reserved
    return [
        each for each in reserved if not any(is_same_resource(each, need) for need in answer.needs)
    ]


def is_same_resource(holding: Holding, need: Held) -> bool:
    """Tell whether it is this that is needed; what was told long ago names no pool."""
    pool, value = holding.resource.pool, holding.resource.value
    return (pool.kind, value) == (need.kind, need.value) and need.pool in {"", pool.name}


def apply_answer(
    question: ReservationQuestion, answer: ReservationAnswered, *, leaves: bool, now: datetime
) -> ReservationQuestion | None:
    """Return what is known after an answer; None if it is to another question.

    Args:
        question: what was asked.
        answer: of the order's plan.
        leaves: whether something of the reservation is not needed.
        now: the time.
    """
    if question.question_id != answer.question_id:
        return None
    is_needed = answer.is_needed and not leaves
    known = replace(question, answered_at=now, is_needed=is_needed, plan=answer.plan)
    return replace(known, release_by="", release_reason="") if is_needed else known
