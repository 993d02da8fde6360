"""Execution: starting the steps of a plan, and handling how they end."""

from datetime import timedelta

from services.provisioning.domain.blueprint.blueprint import INLINE, OnFailure, StepKind
from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.modes import STARTS_STEPS, ModeChange
from services.provisioning.domain.plan.plan import (
    SETTLED_STATES,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.plan_change import Pause, PlanChange
from services.provisioning.domain.plan.templates import fill, unfilled_templates


def start_ready_steps(plan_change: PlanChange) -> None:
    """Start every step whose predecessors are done; complete the plan when all steps are.

    A step stands behind its predecessors, so one pass also starts the steps that become
    ready because another one completes at once.
    """
    for ref in plan_change.steps:
        if plan_change.state in STARTS_STEPS and is_ready(plan_change, ref):
            start_step(plan_change, ref)
    if plan_change.state in STARTS_STEPS and all(
        each.state in SETTLED_STATES or each.is_dropped for each in plan_change.steps.values()
    ):
        plan_change.change_mode(ModeChange.FINISH)


def is_ready(plan_change: PlanChange, ref: str) -> bool:
    """Tell whether a waiting step has all its predecessors done."""
    step = plan_change.steps[ref]
    return step.state is StepState.WAITING and all(
        plan_change.steps[each].state in SETTLED_STATES for each in step.after
    )


def start_step(plan_change: PlanChange, ref: str) -> None:
    """Start a step, or start it again."""
    step = plan_change.steps[ref]
    blueprint = step.blueprint
    match blueprint.kind:
        case StepKind.ACTIVATE | StepKind.TEST if missing := unfilled_templates(
            blueprint, plan_change.item_of(step)
        ):
            fail_step(plan_change, ref, missing_parameters(step, missing))
        case StepKind.ACTIVATE | StepKind.TEST if (
            fill(blueprint.element, plan_change.item_of(step)) == INLINE
        ):
            complete_step(plan_change, ref)
        case StepKind.ACTIVATE | StepKind.TEST:
            plan_change.call_element(ref, undo=False)
        case StepKind.WORK_ORDER:
            plan_change.dispatch_crew(ref, undo=False)
        case StepKind.WAIT:
            plan_change.update_step(ref, state=StepState.RUNNING)
            plan_change.pauses.append(Pause(ref, timedelta(seconds=blueprint.wait_s)))
        case StepKind.ASSIGN | StepKind.RELEASE:
            plan_change.request_assignment(ref)


def complete_step(plan_change: PlanChange, ref: str) -> None:
    """Mark a step as done."""
    plan_change.update_step(ref, state=StepState.DONE, unsure=False, trouble=None)


def fail_step(plan_change: PlanChange, ref: str, failure: StepFailure) -> None:
    """Apply the blueprint's `on_failure` to a step that has certainly not been done."""
    plan_change.update_step(ref, state=StepState.FAILED, unsure=False, trouble=failure)
    step = plan_change.steps[ref]
    match step.blueprint.on_failure:
        case _ if plan_change.is_to_be_undone(step):
            pass
        case OnFailure.SKIP:
            plan_change.update_step(ref, state=StepState.SKIPPED)
        case OnFailure.ROLLBACK if not compensation.is_past_no_return(plan_change.steps.values()):
            compensation.start_rollback(plan_change, ref, failure)
        case OnFailure.ROLLBACK | OnFailure.PEOPLE:
            plan_change.update_step(ref, state=StepState.FALLOUT)


def mark_outcome_unknown(plan_change: PlanChange, ref: str, failure: StepFailure) -> None:
    """Outcome unknown: move the step to fallout."""
    plan_change.update_step(ref, state=StepState.FALLOUT, unsure=True, trouble=failure)


def redispatch(plan_change: PlanChange, ref: str, failure: StepFailure) -> None:
    """Dispatch a crew again when one returned a work order, up to the blueprint's tries."""
    step = plan_change.steps[ref]
    if not plan_change.is_to_be_undone(step) and step.rounds < step.blueprint.tries:
        start_step(plan_change, ref)
    else:
        fail_step(plan_change, ref, failure)


def missing_parameters(step: PlanStep, missing: list[str]) -> StepFailure:
    """Return the failure of a step whose templates have no value for its item."""
    names = ", ".join(missing)
    return StepFailure(
        code="parameter-missing",
        reason=f"{step.title} cannot begin: its item has no value for {names}",
    )
