"""Execution: starting the steps of a plan, and handling how they end."""

from services.provisioning.domain.blueprint.blueprint import INLINE, OnFailure, StepKind
from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.modes import STARTS_STEPS, ModeChange
from services.provisioning.domain.plan.plan import (
    SETTLED_STATES,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.templates import unfilled_templates, values_of_step
from services.provisioning.domain.plan.waits import has_no_date
from services.provisioning.domain.plan.working_plan import WorkingPlan


def start_ready_steps(working_plan: WorkingPlan) -> None:
    """Start every step whose predecessors are done; complete the plan when all steps are.

    A step stands behind its predecessors, so one pass also starts the steps that become
    ready because another one completes at once.
    """
    for ref in working_plan.steps:
        if working_plan.state in STARTS_STEPS and is_ready(working_plan, ref):
            start_step(working_plan, ref)
    if working_plan.state in STARTS_STEPS and all(
        each.state in SETTLED_STATES or each.is_dropped for each in working_plan.steps.values()
    ):
        working_plan.change_mode(ModeChange.FINISH)


def is_ready(working_plan: WorkingPlan, ref: str) -> bool:
    """Tell whether a waiting step has all its predecessors done."""
    step = working_plan.steps[ref]
    return step.state is StepState.WAITING and all(
        working_plan.steps[each].state in SETTLED_STATES for each in step.after
    )


def start_step(working_plan: WorkingPlan, ref: str) -> None:
    """Start a step, or start it again."""
    step = working_plan.steps[ref]
    blueprint = step.blueprint
    match blueprint.kind:
        case StepKind.ACTIVATE | StepKind.TEST if not step.filled and (
            missing := unfilled_templates(blueprint, working_plan.item_of(step))
        ):
            fail_step(working_plan, ref, missing_parameters_failure(step, missing))
        case StepKind.ACTIVATE | StepKind.TEST if (
            values_of_step(step, working_plan.item_of(step)).element == INLINE
        ):
            complete_step(working_plan, ref)
        case StepKind.ACTIVATE | StepKind.TEST:
            working_plan.call_element(ref, undo=False)
        case StepKind.WORK_ORDER:
            working_plan.dispatch_crew(ref, undo=False)
        case StepKind.WAIT if has_no_date(blueprint, working_plan.item_of(step)):
            fail_step(working_plan, ref, missing_parameters_failure(step, [blueprint.until]))
        case StepKind.WAIT:
            working_plan.start_wait(ref)
        case StepKind.ASSIGN | StepKind.RELEASE:
            working_plan.request_assignment(ref)


def complete_step(working_plan: WorkingPlan, ref: str) -> None:
    """Mark a step as done."""
    working_plan.update_step(ref, state=StepState.DONE, unsure=False, trouble=None)


def fail_step(working_plan: WorkingPlan, ref: str, failure: StepFailure) -> None:
    """Apply the blueprint's `on_failure` to a step that has certainly not been done."""
    working_plan.update_step(ref, state=StepState.FAILED, unsure=False, trouble=failure)
    step = working_plan.steps[ref]
    match step.blueprint.on_failure:
        case _ if working_plan.is_to_be_undone(step):
            pass
        case OnFailure.SKIP:
            working_plan.update_step(ref, state=StepState.SKIPPED)
        case OnFailure.ROLLBACK if not compensation.is_past_no_return(working_plan.steps.values()):
            compensation.start_rollback(working_plan, ref, failure)
        case OnFailure.ROLLBACK | OnFailure.PEOPLE:
            working_plan.update_step(ref, state=StepState.FALLOUT)


def mark_outcome_unknown(working_plan: WorkingPlan, ref: str, failure: StepFailure) -> None:
    """Outcome unknown: move the step to fallout."""
    working_plan.update_step(ref, state=StepState.FALLOUT, unsure=True, trouble=failure)


def redispatch(working_plan: WorkingPlan, ref: str, failure: StepFailure) -> None:
    """Dispatch a crew again when one returned a work order, up to the blueprint's tries."""
    step = working_plan.steps[ref]
    if not working_plan.is_to_be_undone(step) and step.rounds < step.blueprint.tries:
        start_step(working_plan, ref)
    else:
        fail_step(working_plan, ref, failure)


def missing_parameters_failure(step: PlanStep, missing: list[str]) -> StepFailure:
    """Return the failure of a step whose templates have no value for its item."""
    names = ", ".join(missing)
    return StepFailure(
        code="parameter-missing",
        reason=f"{step.title} cannot begin: its item has no value for {names}",
    )
