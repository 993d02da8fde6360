"""Attempts: the rounds of a step, each a call of its element or the dispatch of a crew."""

from typing import NamedTuple, Self
from uuid import UUID

from services.provisioning.domain.plan.plan import Plan, PlanStep, StepState
from shared.ids import named_id

STATE_UNDER_WAY = {False: StepState.RUNNING, True: StepState.UNDOING}
"""The state of a step that is being done, and of one that is being undone."""


class Attempt(NamedTuple):
    """One round of a step, in one direction."""

    step: str
    """The step's reference."""

    undo: bool
    round: int
    """From 1."""

    @classmethod
    def current(cls, step: PlanStep, *, undo: bool) -> Self:
        """Return the latest attempt of a step in a direction."""
        return cls(step.ref, undo, round_count(step, undo=undo))


def round_count(step: PlanStep, *, undo: bool) -> int:
    """Return the number of the step's rounds in this direction."""
    return step.undo_rounds if undo else step.rounds


def is_awaited(step: PlanStep, attempt: Attempt) -> bool:
    """Tell whether a step waits for the answer to this attempt, and for no later one."""
    is_current = round_count(step, undo=attempt.undo) == attempt.round
    return is_current and step.state is STATE_UNDER_WAY[attempt.undo]


def operation_id(order_id: UUID, step: PlanStep, *, undo: bool) -> UUID:
    """Return the operation id under which an element carries out a step.

    All calls use the same id until the element refuses. The reference of a step that a
    revision added has the revision's number, so its operations are others.
    """
    suffix = f"/{step.refusals}" if step.refusals else ""
    return named_id(order_id, f"{direction_name(undo=undo)}/{step.ref}{suffix}")


def call_id(order_id: UUID, attempt: Attempt) -> UUID:
    """Return the id of the call of an attempt."""
    return attempt_request_id(order_id, "attempt", attempt)


def work_order_id(order_id: UUID, attempt: Attempt) -> UUID:
    """Return the id of the work order of an attempt."""
    return attempt_request_id(order_id, "work-order", attempt)


def attempt_request_id(order_id: UUID, kind: str, attempt: Attempt) -> UUID:
    """Return the id of what an attempt requests."""
    direction = direction_name(undo=attempt.undo)
    return named_id(order_id, f"{kind}/{direction}/{attempt.step}/{attempt.round}")


def direction_name(*, undo: bool) -> str:
    """Return the name of the direction, as used in ids."""
    return "undo" if undo else "step"


def attempt_of_unnamed_call(plan: Plan, id_: UUID) -> Attempt | None:
    """Return the attempt that a call belongs to which the previous version requested.

    Its answer does not name the attempt, so the ids of all attempts are compared with it.
    """
    return next(
        (
            attempt
            for step in plan.steps
            for undo in (False, True)
            for round_ in range(round_count(step, undo=undo), 0, -1)
            if call_id(plan.order_id, attempt := Attempt(step.ref, undo, round_)) == id_
        ),
        None,
    )
