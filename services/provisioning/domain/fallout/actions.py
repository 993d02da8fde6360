"""Fallout actions: what operators can decide about a step in fallout (卡单)."""

from dataclasses import dataclass
from enum import StrEnum

from services.provisioning.domain.plan import compensation, execution
from services.provisioning.domain.plan.modes import ModeChange, is_possible
from services.provisioning.domain.plan.plan import Plan, PlanStep, StepState
from services.provisioning.domain.plan.working_plan import WorkingPlan
from shared.errors import ConflictError, NotFoundError


class FalloutAction(StrEnum):
    """What operators can decide."""

    RETRY = "retry"
    """Call the element again, under the same operation id; dispatch a crew again."""

    SKIP = "skip"
    """Continue without it: it was done by hand."""

    FAIL = "fail"
    """Undo everything, and fail the order."""


@dataclass(frozen=True, slots=True)
class FalloutDecision:
    """An operator's decision about one step."""

    action: FalloutAction
    ref: str


def possible_actions(plan: Plan, step: PlanStep) -> list[FalloutAction]:
    """Return the actions that are possible for a step; none if it is not in fallout.

    `fail` is not possible once a hard point of no return is passed, or while the step or the
    plan is being undone.
    """
    if step.state is not StepState.FALLOUT:
        return []
    is_undone = step.trouble is not None and step.trouble.undoing
    is_final = compensation.is_past_no_return(plan.steps, hard_only=True)
    if is_undone or is_final or not is_possible(plan.state, ModeChange.FAIL):
        return [FalloutAction.RETRY, FalloutAction.SKIP]
    return [FalloutAction.RETRY, FalloutAction.SKIP, FalloutAction.FAIL]


def possible_actions_at(plan: Plan, ref: str) -> list[FalloutAction]:
    """Return the actions that are possible for the step with this reference."""
    step = plan.step(ref)
    return possible_actions(plan, step) if step else []


def only_step_in_fallout(plan: Plan) -> str:
    """Return the reference of the plan's only step in fallout.

    Raises:
        ConflictError: if there is none, or several.
    """
    in_fallout = [step.ref for step in plan.steps if step.state is StepState.FALLOUT]
    if len(in_fallout) == 1:
        return in_fallout[0]
    message = f"{len(in_fallout)} steps of the plan of order {plan.order_id} are in fallout"
    remedy = f"name one of: {', '.join(in_fallout)}" if in_fallout else "see GET /ops/v1/plans/ID"
    raise ConflictError(message, code="not-possible", remedy=remedy)


def apply_decision(working_plan: WorkingPlan, decision: FalloutDecision) -> None:
    """Apply an operator's decision.

    Raises:
        NotFoundError: if the plan has no such step.
        ConflictError: if that action is not possible now.
    """
    step = working_plan.steps.get(decision.ref)
    if step is None:
        message = f"the plan of order {working_plan.plan.order_id} has no step of that name"
        raise NotFoundError(message, remedy=f"name one of: {join_step_refs(working_plan.plan)}")
    possible = possible_actions(working_plan.plan, step)
    if decision.action not in possible:
        message = f"{step.ref} is {step.state}: {decision.action} is not possible"
        raise ConflictError(
            message,
            code="not-possible",
            remedy=remedy_for_impossible_action(working_plan.plan, possible),
        )
    apply_action(working_plan, step.ref, decision.action)


def apply_action(working_plan: WorkingPlan, ref: str, action: FalloutAction) -> None:
    """Retry, skip or give up a step that is in fallout."""
    step = working_plan.steps[ref]
    assert step.trouble
    match action:
        case FalloutAction.RETRY if step.trouble.undoing:
            compensation.undo_step(working_plan, ref)
        case FalloutAction.RETRY:
            execution.start_step(working_plan, ref)
        case FalloutAction.SKIP if working_plan.is_to_be_undone(step):
            working_plan.update_step(ref, state=StepState.SKIPPED, unsure=False)
        case FalloutAction.SKIP:
            working_plan.update_step(ref, state=StepState.SKIPPED)
        case FalloutAction.FAIL:
            compensation.start_rollback(working_plan, ref, step.trouble)


def join_step_refs(plan: Plan) -> str:
    """Return the names of a plan's steps, in its order."""
    return ", ".join(step.ref for step in plan.steps)


def remedy_for_impossible_action(plan: Plan, possible: list[FalloutAction]) -> str:
    """Return the remedy: the actions that are possible or, if none is, the steps in fallout."""
    if possible:
        return f"decide one of: {', '.join(possible)}"
    in_fallout = [step.ref for step in plan.steps if step.state is StepState.FALLOUT]
    return f"steps in fallout: {', '.join(in_fallout) or 'none'}"
