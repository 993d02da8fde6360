"""Compensation: undoing what a plan has done, in reverse order."""

from collections.abc import Iterable

from services.provisioning.domain.blueprint.blueprint import (
    INLINE,
    OnFailure,
    PointOfNoReturn,
    StepKind,
)
from services.provisioning.domain.plan.attempts import Attempt, work_order_id
from services.provisioning.domain.plan.modes import ModeChange
from services.provisioning.domain.plan.plan import (
    PlanFailure,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.templates import values_of_step
from services.provisioning.domain.plan.working_plan import WorkingPlan

RUNNING_OR_DONE = frozenset({StepState.RUNNING, StepState.DONE})


def is_past_no_return(steps: Iterable[PlanStep], *, hard_only: bool = False) -> bool:
    """Tell whether a point of no return has been passed, or may have been."""
    passed = (step.blueprint.ponr for step in steps if step.blueprint.ponr and is_passed(step))
    return any(each is PointOfNoReturn.HARD or not hard_only for each in passed)


def is_passed(step: PlanStep) -> bool:
    """Tell whether the point of no return of a step has been passed, or may have been.

    A step that people skip was done by hand; one that its blueprint skips has not been done.
    """
    is_by_hand = step.state is StepState.SKIPPED and step.blueprint.on_failure is not OnFailure.SKIP
    return step.state in RUNNING_OR_DONE or step.unsure or is_by_hand


def passed_point(steps: Iterable[PlanStep]) -> PointOfNoReturn | None:
    """Return the point of no return that has been passed, the hard one before a soft one."""
    passed = {step.blueprint.ponr for step in steps if step.blueprint.ponr and is_passed(step)}
    return PointOfNoReturn.HARD if PointOfNoReturn.HARD in passed else next(iter(passed), None)


def start_rollback(working_plan: WorkingPlan, ref: str, failure: StepFailure) -> None:
    """Start to undo all that the plan has done, because a step has failed."""
    working_plan.update_step(ref, state=StepState.FAILED)
    plan_failure = PlanFailure(code=failure.code, reason=failure.reason, step=ref)
    start_undoing(working_plan, ModeChange.FAIL, plan_failure)


def start_undoing(working_plan: WorkingPlan, mode_change: ModeChange, failure: PlanFailure) -> None:
    """Start to undo all that the plan has done.

    Steps that have not begun are cancelled: work orders not accepted, waits, and steps in
    fallout of which certainly nothing was done.
    """
    working_plan.failure = failure
    working_plan.change_mode(mode_change)
    for each in working_plan.steps:
        cancel_if_nothing_done(working_plan, each)


def cancel_if_nothing_done(working_plan: WorkingPlan, ref: str) -> None:
    """Cancel a step if its execution is under way, or in fallout, and has done nothing."""
    step = working_plan.steps[ref]
    match step.state, step.blueprint.kind:
        case StepState.RUNNING, StepKind.WORK_ORDER if not step.accepted:
            attempt = Attempt.current(step, undo=False)
            working_plan.voided.append(work_order_id(working_plan.plan.order_id, attempt))
            working_plan.update_step(ref, state=StepState.UNDONE)
        case StepState.RUNNING, StepKind.WAIT:
            working_plan.update_step(ref, state=StepState.UNDONE)
        case StepState.FALLOUT, _ if has_open_execution(step) and not step.unsure:
            working_plan.update_step(ref, state=StepState.FAILED)


def undo_ready_steps(working_plan: WorkingPlan) -> None:
    """Undo the steps that the plan's mode undoes; end the mode when none is left.

    A step is undone when no done step depends on it. Nothing is undone while one of these steps
    is under way or its outcome is unknown: it may depend on any step before it. A step stands
    behind its predecessors, so one pass from the end finds all.
    """
    steps = working_plan.steps
    refs = {ref for ref, step in steps.items() if working_plan.is_to_be_undone(step)}
    if any(has_open_execution(steps[ref]) for ref in refs):
        return
    needed: set[str] = set()
    for ref in reversed(steps):
        if ref in refs and ref not in needed and steps[ref].has_undo:
            undo_if_done(working_plan, ref)
        if ref in needed or blocks_undo(steps[ref]):
            needed.update(steps[ref].after)
    if not any(blocks_undo(steps[ref]) for ref in refs):
        working_plan.change_mode(ModeChange.FINISH)


def has_open_execution(step: PlanStep) -> bool:
    """Tell whether a step's execution has not ended."""
    if step.state is StepState.FALLOUT:
        return step.trouble is not None and not step.trouble.undoing
    return step.state is StepState.RUNNING


def blocks_undo(step: PlanStep) -> bool:
    """Tell whether the predecessors of a step must not be undone yet."""
    being_undone = step.state in {StepState.UNDOING, StepState.FALLOUT}
    return being_undone or (step.may_have_been_done and step.has_undo)


def undo_if_done(working_plan: WorkingPlan, ref: str) -> None:
    """Undo a step if there may be something to undo."""
    if working_plan.steps[ref].may_have_been_done:
        working_plan.update_step(ref, unsure=False, trouble=None)
        undo_step(working_plan, ref)


def undo_step(working_plan: WorkingPlan, ref: str) -> None:
    """Start the undo of a step, or start it again."""
    step = working_plan.steps[ref]
    match step.blueprint.kind:
        case StepKind.ASSIGN | StepKind.RELEASE:
            working_plan.request_release(ref)
        case StepKind.WORK_ORDER:
            working_plan.dispatch_crew(ref, undo=True)
        case _ if values_of_step(step, working_plan.item_of(step)).element == INLINE:
            mark_undone(working_plan, ref)
        case _:
            working_plan.call_element(ref, undo=True)


def mark_undone(working_plan: WorkingPlan, ref: str) -> None:
    """Mark a step as undone."""
    working_plan.update_step(ref, state=StepState.UNDONE, unsure=False, trouble=None)


def mark_undo_failed(
    working_plan: WorkingPlan, ref: str, failure: StepFailure, *, unsure: bool = False
) -> None:
    """Move a step to fallout whose undo failed: part of it may remain."""
    working_plan.update_step(ref, state=StepState.FALLOUT, unsure=unsure, trouble=failure)


def redispatch_undo(working_plan: WorkingPlan, ref: str, failure: StepFailure) -> None:
    """Dispatch a crew again when one returned an undo, up to the blueprint's tries."""
    step = working_plan.steps[ref]
    if step.undo_rounds < step.blueprint.tries:
        undo_step(working_plan, ref)
    else:
        mark_undo_failed(working_plan, ref, failure)
