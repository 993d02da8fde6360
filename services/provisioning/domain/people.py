"""What people may do about a step that a plan has stopped at (fallout, 卡单)."""

from dataclasses import dataclass
from enum import StrEnum

from services.provisioning.domain import backward, forward
from services.provisioning.domain.plan import Plan, PlanState, Step, StepState
from services.provisioning.domain.turn import Turn
from shared.errors import ConflictError, NotFoundError


class Remedy(StrEnum):
    """What people can decide."""

    RETRY = "retry"
    """Ask again, under the same operation id; send a crew out again."""

    SKIP = "skip"
    """Go on without it: it was seen to by hand."""

    FAIL = "fail"
    """Undo everything, and fail the order."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided about one step."""

    remedy: Remedy
    ref: str


def remedies(plan: Plan, step: Step) -> list[Remedy]:
    """Return what can be decided about a step; nothing if it is not in fallout.

    Nobody can undo everything once a hard point of no return is passed, and a plan
    that is being undone has failed already.
    """
    if step.state is not StepState.FALLOUT:
        return []
    too_late = backward.is_past_return(plan.steps, hard_only=True)
    if plan.state is PlanState.UNDOING or too_late:
        return [Remedy.RETRY, Remedy.SKIP]
    return [Remedy.RETRY, Remedy.SKIP, Remedy.FAIL]


def remedies_at(plan: Plan, ref: str) -> list[Remedy]:
    """Return what can be decided about the step called so."""
    position = plan.position(ref)
    return [] if position is None else remedies(plan, plan.steps[position])


def only_one_waiting(plan: Plan) -> str:
    """Return the step that people must look at, where there is just one.

    Raises:
        ConflictError: if there is none, or several.
    """
    waiting = [step.ref for step in plan.steps if step.state is StepState.FALLOUT]
    if len(waiting) == 1:
        return waiting[0]
    message = f"{len(waiting)} steps of the plan of order {plan.order_id} are in fallout"
    remedy = f"name one of: {', '.join(waiting)}" if waiting else "see GET /ops/v1/plans/ID"
    raise ConflictError(message, code="not-possible", remedy=remedy)


def decided(turn: Turn, decision: Decided) -> None:
    """Carry out what somebody decided.

    Raises:
        NotFoundError: if the plan has no such step.
        ConflictError: if that cannot be decided now.
    """
    position = turn.plan.position(decision.ref)
    if position is None:
        message = f"the plan of order {turn.plan.order_id} has no step of that name"
        raise NotFoundError(message, remedy=f"name one of: {refs(turn.plan)}")
    step = turn.steps[position]
    possible = remedies(turn.plan, step)
    if decision.remedy not in possible:
        message = f"{step.ref} is {step.state}: {decision.remedy} is not possible"
        raise ConflictError(message, code="not-possible", remedy=advice(turn.plan, possible))
    carry_out(turn, position, decision.remedy)


def carry_out(turn: Turn, position: int, remedy: Remedy) -> None:
    """Retry, skip or give up a step that is in fallout."""
    step = turn.steps[position]
    assert step.trouble
    match remedy:
        case Remedy.RETRY if step.trouble.undoing:
            backward.undo(turn, position)
        case Remedy.RETRY:
            forward.begin(turn, position)
        case Remedy.SKIP if turn.state is PlanState.UNDOING:
            turn.change(position, state=StepState.SKIPPED, unsure=False)
        case Remedy.SKIP:
            turn.change(position, state=StepState.SKIPPED)
        case Remedy.FAIL:
            backward.give_up(turn, position, step.trouble)


def refs(plan: Plan) -> str:
    """Return the names of a plan's steps, in its order."""
    return ", ".join(step.ref for step in plan.steps)


def advice(plan: Plan, possible: list[Remedy]) -> str:
    """Say what can be decided instead."""
    if possible:
        return f"decide one of: {', '.join(possible)}"
    waiting = [step.ref for step in plan.steps if step.state is StepState.FALLOUT]
    return f"steps in fallout: {', '.join(waiting) or 'none'}"
