"""Compensation: undoing what a plan has done, in reverse order."""

from collections.abc import Collection, Iterable

from services.provisioning.domain.blueprint.blueprint import INLINE, PointOfNoReturn, StepKind
from services.provisioning.domain.plan.attempts import Attempt, work_order_id
from services.provisioning.domain.plan.plan import (
    PlanFailure,
    PlanState,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.plan_change import PlanChange
from services.provisioning.domain.plan.templates import fill
from shared.contracts import ReleaseRequested

RUNNING_OR_DONE = frozenset({StepState.RUNNING, StepState.DONE})


def is_past_no_return(steps: Iterable[PlanStep], *, hard_only: bool = False) -> bool:
    """Tell whether a point of no return has been passed, or may have been."""
    passed = (step.blueprint.ponr for step in steps if step.state in RUNNING_OR_DONE or step.unsure)
    return any(each is PointOfNoReturn.HARD or (each and not hard_only) for each in passed)


def start_rollback(plan_change: PlanChange, ref: str, failure: StepFailure) -> None:
    """Start the rollback of a plan because a step has failed.

    Steps that have not begun are cancelled: work orders not accepted, waits, and steps in
    fallout of which certainly nothing was done.
    """
    plan_change.state = PlanState.UNDOING
    plan_change.failure = PlanFailure(code=failure.code, reason=failure.reason, step=ref)
    plan_change.update_step(ref, state=StepState.FAILED)
    for each in plan_change.steps:
        cancel_unstarted(plan_change, each)


def cancel_unstarted(plan_change: PlanChange, ref: str) -> None:
    """Cancel a step if its execution is under way, or in fallout, and has done nothing."""
    step = plan_change.steps[ref]
    match step.state, step.blueprint.kind:
        case StepState.RUNNING, StepKind.WORK_ORDER if not step.accepted:
            attempt = Attempt.current(step, undo=False)
            plan_change.voided.append(work_order_id(plan_change.plan.order_id, attempt))
            plan_change.update_step(ref, state=StepState.UNDONE)
        case StepState.RUNNING, StepKind.WAIT:
            plan_change.update_step(ref, state=StepState.UNDONE)
        case StepState.FALLOUT, _ if is_unresolved(step) and not step.unsure:
            plan_change.update_step(ref, state=StepState.FAILED)


def undo_ready_steps(plan_change: PlanChange) -> None:
    """Undo every step that no done step depends on; end the plan when none is left."""
    if undo_all(plan_change, plan_change.steps.keys()):
        assert plan_change.failure
        plan_change.fail(plan_change.failure)


def undo_dropped_steps(plan_change: PlanChange) -> bool:
    """Undo the steps that revisions have dropped; return whether nothing is left of them."""
    dropped = {step.ref for step in plan_change.steps.values() if step.is_dropped}
    return not dropped or undo_all(plan_change, dropped)


def undo_all(plan_change: PlanChange, refs: Collection[str]) -> bool:
    """Undo those of these steps that no done step depends on; return whether none is left.

    Nothing is undone while one of them is under way or its outcome is unknown: it may depend
    on any step before it. A step stands behind its predecessors, so one pass from the end
    finds all.
    """
    steps = plan_change.steps
    if any(is_unresolved(steps[ref]) for ref in refs):
        return False
    needed: set[str] = set()
    for ref in reversed(steps):
        if ref in refs and ref not in needed and steps[ref].has_undo:
            undo_if_done(plan_change, ref)
        if ref in needed or blocks_undo(steps[ref]):
            needed.update(steps[ref].after)
    return not any(blocks_undo(steps[ref]) for ref in refs)


def is_unresolved(step: PlanStep) -> bool:
    """Tell whether a step's execution has not ended."""
    if step.state is StepState.FALLOUT:
        return step.trouble is not None and not step.trouble.undoing
    return step.state is StepState.RUNNING


def blocks_undo(step: PlanStep) -> bool:
    """Tell whether the predecessors of a step must not be undone yet."""
    being_undone = step.state in {StepState.UNDOING, StepState.FALLOUT}
    return being_undone or (step.may_be_done and step.has_undo)


def undo_if_done(plan_change: PlanChange, ref: str) -> None:
    """Undo a step if there may be something to undo."""
    if plan_change.steps[ref].may_be_done:
        plan_change.update_step(ref, unsure=False, trouble=None)
        undo_step(plan_change, ref)


def undo_step(plan_change: PlanChange, ref: str) -> None:
    """Start the undo of a step, or start it again."""
    step = plan_change.steps[ref]
    match step.blueprint.kind:
        case StepKind.ASSIGN:
            plan_change.update_step(ref, state=StepState.UNDOING)
            plan_change.messages.append(ReleaseRequested(order_id=plan_change.plan.order_id))
        case StepKind.WORK_ORDER:
            plan_change.dispatch_crew(ref, undo=True)
        case _ if fill(step.blueprint.element, plan_change.item_of(step)) == INLINE:
            mark_undone(plan_change, ref)
        case _:
            plan_change.call_element(ref, undo=True)


def mark_undone(plan_change: PlanChange, ref: str) -> None:
    """Mark a step as undone."""
    plan_change.update_step(ref, state=StepState.UNDONE, unsure=False, trouble=None)


def mark_undo_failed(
    plan_change: PlanChange, ref: str, failure: StepFailure, *, unsure: bool = False
) -> None:
    """Move a step to fallout whose undo failed: part of it may remain."""
    plan_change.update_step(ref, state=StepState.FALLOUT, unsure=unsure, trouble=failure)


def redispatch_undo(plan_change: PlanChange, ref: str, failure: StepFailure) -> None:
    """Dispatch a crew again when one returned an undo, up to the blueprint's tries."""
    step = plan_change.steps[ref]
    if step.undo_rounds < step.blueprint.tries:
        undo_step(plan_change, ref)
    else:
        mark_undo_failed(plan_change, ref, failure)
