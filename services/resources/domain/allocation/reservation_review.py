"""Old reservations, and the question to provisioning whether the order's plan needs them.

A reservation is released only on an operator's request, and only after provisioning has
answered a question asked for that purpose: no plan needs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.resources.domain.pool.resource import Holding
from services.resources.domain.pool.states import Transition
from shared.contracts import Held, ReservationAnswered, ReservationQuestioned
from shared.errors import NotFoundError
from shared.ids import named_id

REVIEW_AFTER = timedelta(hours=1)
"""A reservation that is older is questioned."""

REVIEW_INTERVAL = timedelta(hours=1)
"""How often old reservations are searched."""

ASK_AGAIN_AFTER = timedelta(days=1)
"""How often the same reservation is questioned: crews may need days."""


@dataclass(frozen=True, slots=True)
class ReservationReview:
    """The question about one order's reservation, and its answer."""

    order_id: UUID
    tenant: str
    since: datetime
    """Reserved since then, or earlier."""

    question_id: UUID | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    is_needed: bool | None = None
    """None until the last question is answered."""

    plan: str = ""
    """The state of the plan, from the answer."""

    release_by: str = ""
    """Who requested its release in case no plan needs it; empty without a request."""

    release_reason: str = ""

    @property
    def message(self) -> ReservationQuestioned:
        """The question to provisioning."""
        assert self.question_id
        return ReservationQuestioned(order_id=self.order_id, question_id=self.question_id)


def with_new_question(review: ReservationReview, cause: UUID, now: datetime) -> ReservationReview:
    """Return a review with a new question: does a plan need the reservation?"""
    return replace(
        review,
        question_id=named_id(cause, str(review.order_id)),
        asked_at=now,
        answered_at=None,
        is_needed=None,
        plan="",
    )


def check_reserved(order_id: UUID, held: Iterable[Holding]) -> None:
    """Check that something is reserved for an order, or pre-released by it.

    Raises:
        NotFoundError: if nothing is.
    """
    if not any(each.after(Transition.UNDO) and each.order_id == order_id for each in held):
        msg = "nothing is reserved for an order of this id"
        remedy = "list what is reserved: GET /ops/v1/reservations?older_than=0"
        raise NotFoundError(msg, remedy=remedy)


def with_release_request(review: ReservationReview, by: str, reason: str) -> ReservationReview:
    """Return a review whose reservation is released if the next answer says no plan needs it."""
    return replace(review, release_by=by, release_reason=reason)


def unneeded_holdings(answer: ReservationAnswered, held: Iterable[Holding]) -> list[Holding]:
    """Return the holdings that are reserved or pre-released, and that no plan needs."""
    reserved = [each for each in held if each.after(Transition.UNDO)]
    if answer.needs is None:
        return [] if answer.is_needed else reserved
    return [
        each for each in reserved if not any(is_same_resource(each, need) for need in answer.needs)
    ]


def is_same_resource(holding: Holding, need: Held) -> bool:
    """Tell whether the need is this holding; older messages name no pool."""
    pool, value = holding.resource.pool, holding.resource.value
    return (pool.kind, value) == (need.kind, need.value) and need.pool in {"", pool.name}


def review_after_answer(
    review: ReservationReview, answer: ReservationAnswered, *, has_unneeded: bool, now: datetime
) -> ReservationReview | None:
    """Return the review with its answer; None if the answer is to another question.

    Args:
        review: the review with the question.
        answer: provisioning's answer about the order's plan.
        has_unneeded: whether a part of the reservation is not needed.
        now: the time.
    """
    if review.question_id != answer.question_id:
        return None
    is_needed = answer.is_needed and not has_unneeded
    answered = replace(review, answered_at=now, is_needed=is_needed, plan=answer.plan)
    return replace(answered, release_by="", release_reason="") if is_needed else answered
