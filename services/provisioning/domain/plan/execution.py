"""The way forward: beginning the steps of a plan, and what follows when they end."""

from datetime import timedelta

from services.provisioning.domain.blueprint.blueprint import INLINE, OnFailure, StepKind
from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.plan import (
    SETTLED_STATES,
    PlanState,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.plan_change import Pause, PlanChange
from services.provisioning.domain.plan.templates import fill, unfilled_templates


def start_ready_steps(plan_change: PlanChange) -> None:
    """Begin every step whose predecessors are done; end the plan when all are.

    A step stands behind its predecessors, so one pass also begins what becomes
    ready by a step that is done at once.
    """
    for position in range(len(plan_change.steps)):
        if plan_change.state is PlanState.RUNNING and is_ready(
            plan_change, plan_change.steps[position]
        ):
            start_step(plan_change, position)
    if plan_change.state is PlanState.RUNNING and all(
        each.state in SETTLED_STATES for each in plan_change.steps
    ):
        plan_change.complete()


def is_ready(plan_change: PlanChange, step: PlanStep) -> bool:
    """Tell whether a step waits for nothing any more."""
    return step.state is StepState.WAITING and all(
        plan_change.steps[each].state in SETTLED_STATES for each in step.after
    )


def start_step(plan_change: PlanChange, position: int) -> None:
    """Begin a step, or begin it once more."""
    step = plan_change.steps[position]
    drawn = step.blueprint
    match drawn.kind:
        case StepKind.ACTIVATE | StepKind.TEST if missing := unfilled_templates(
            drawn, plan_change.item_of(step)
        ):
            fail_step(plan_change, position, missing_parameters(step, missing))
        case StepKind.ACTIVATE | StepKind.TEST if (
            fill(drawn.element, plan_change.item_of(step)) == INLINE
        ):
            complete_step(plan_change, position)
        case StepKind.ACTIVATE | StepKind.TEST:
            plan_change.call_element(position, undo=False)
        case StepKind.WORK_ORDER:
            plan_change.dispatch_crew(position, undo=False)
        case StepKind.WAIT:
            plan_change.update_step(position, state=StepState.RUNNING)
            plan_change.pauses.append(Pause(step.ref, timedelta(seconds=drawn.wait_s)))
        case StepKind.ASSIGN:
            plan_change.update_step(position, state=StepState.RUNNING)


def complete_step(plan_change: PlanChange, position: int) -> None:
    """Note that a step is done."""
    plan_change.update_step(position, state=StepState.DONE, unsure=False, trouble=None)


def fail_step(plan_change: PlanChange, position: int, trouble: StepFailure) -> None:
    """Let follow what the blueprint says when a step has certainly not been done."""
    plan_change.update_step(position, state=StepState.FAILED, unsure=False, trouble=trouble)
    match plan_change.steps[position].blueprint.on_failure:
        case _ if plan_change.state is PlanState.UNDOING:
            pass
        case OnFailure.SKIP:
            plan_change.update_step(position, state=StepState.SKIPPED)
        case OnFailure.ROLLBACK if not compensation.is_past_no_return(plan_change.steps):
            compensation.start_rollback(plan_change, position, trouble)
        case OnFailure.ROLLBACK | OnFailure.PEOPLE:
            plan_change.update_step(position, state=StepState.FALLOUT)


def mark_outcome_unknown(plan_change: PlanChange, position: int, trouble: StepFailure) -> None:
    """Send a step to people, of which nobody can tell whether it was done."""
    plan_change.update_step(position, state=StepState.FALLOUT, unsure=True, trouble=trouble)


def redispatch(plan_change: PlanChange, position: int, trouble: StepFailure) -> None:
    """Send people out once more when a crew came back with a reason, as often as is drawn."""
    step = plan_change.steps[position]
    if plan_change.state is PlanState.RUNNING and step.rounds < step.blueprint.tries:
        start_step(plan_change, position)
    else:
        fail_step(plan_change, position, trouble)


def missing_parameters(step: PlanStep, missing: list[str]) -> StepFailure:
    """Say that a step cannot begin, because its blueprint asks for what is not known."""
    what = ", ".join(missing)
    return StepFailure(
        code="parameter-missing",
        reason=f"{step.title} cannot begin: nothing is known of {what} for this item",
    )
