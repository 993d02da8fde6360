"""Takeover after a restore: a plan gets the state that its published messages say.

Published messages hold: an order published as completed is completed, and resources whose
release was requested are being released. The steps that led there are not done again.
"""

from typing import TypeAlias
from uuid import UUID

import msgspec

from services.provisioning.domain.blueprint.blueprint import ASSIGN, StepKind
from services.provisioning.domain.plan.attempts import Attempt, work_order_id
from services.provisioning.domain.plan.graph import refs_with_dependents
from services.provisioning.domain.plan.modes import FINAL_STATES
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    StepState,
)
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkingPlan
from shared.contracts import (
    FIRST_REQUEST,
    CompletedService,
    ReleaseRequested,
    ServiceCompleted,
    ServiceFailed,
)

TakeoverMessage: TypeAlias = ServiceCompleted | ServiceFailed | ReleaseRequested
UNDER_WAY = frozenset({StepState.RUNNING, StepState.UNDOING})
STARTED = UNDER_WAY | {StepState.DONE, StepState.FALLOUT}
UNFINISHED = UNDER_WAY | {StepState.WAITING, StepState.FALLOUT}
GIVEN_UP = frozenset({StepState.FAILED, StepState.SKIPPED, StepState.UNDONE})
UNKNOWN_FAILURE = PlanFailure(code="restored", reason="given up before the database was restored")
"""For a plan that was being undone: its reason is published only at its end."""


def plan_as_published(plan: Plan, published: TakeoverMessage) -> PlanUpdate:
    """Return a plan in the state of a published message; an ended plan stays as it is."""
    working_plan = WorkingPlan(plan)
    if plan.state in FINAL_STATES:
        return working_plan.to_plan_update()
    working_plan.voided.extend(unanswered_work_order_ids(plan))
    match published:
        case ServiceCompleted(services=services):
            done = {each.item_id: each for each in services}
            working_plan.items = tuple(with_result(each, done.get(each.id)) for each in plan.items)
            working_plan.state = PlanState.COMPLETED
            set_step_states(working_plan, StepState.DONE)
        case ServiceFailed(code=code, reason=reason, step=step):
            working_plan.state = PlanState.FAILED
            working_plan.failure = PlanFailure(code=code, reason=reason, step=step)
            set_step_states(working_plan, StepState.UNDONE, assigned=final_assign_state(step))
        case ReleaseRequested(request_id=request, held=held) if plan.revision and (
            held or request != FIRST_REQUEST
        ):
            """A release in part may belong to a revision, which is made again."""
            return PlanUpdate(plan)
        case ReleaseRequested(request_id=request) if request != FIRST_REQUEST:
            restore_undo_in_progress(working_plan, request)
        case ReleaseRequested():
            working_plan.state, working_plan.failure = (
                PlanState.UNDOING,
                plan.failure or UNKNOWN_FAILURE,
            )
            set_step_states(working_plan, StepState.UNDONE, assigned=StepState.UNDOING)
    return PlanUpdate(plan=working_plan.changed_plan(), voided=tuple(working_plan.voided))


def restore_undo_in_progress(working_plan: WorkingPlan, request: str) -> None:
    """Restore the undo of a plan that was releasing what one of its later steps had got.

    The steps that depend on it had been undone before the restore. Every other step may have been
    done since the backup, and is undone now. The answers to requests for resources are consumed
    again, those to the first one too if the plan has not consumed them.
    """
    plan = working_plan.plan
    working_plan.state, working_plan.failure = PlanState.UNDOING, plan.failure or UNKNOWN_FAILURE
    undone = refs_with_dependents(plan.steps, {request})
    for step in plan.steps:
        if step.ref == request:
            working_plan.update_step(step.ref, state=StepState.UNDOING)
        elif step.ref in undone:
            working_plan.update_step(step.ref, state=StepState.UNDONE, accepted=False)
        elif step.ref != FIRST_REQUEST and may_have_been_done_since(step):
            working_plan.update_step(step.ref, state=StepState.FAILED, accepted=False, unsure=True)


def may_have_been_done_since(step: PlanStep) -> bool:
    """Tell whether a step may have been done since the backup, or be left half undone.

    One that has failed, was skipped or is undone is not started again. A release that is
    requested already is answered.
    """
    is_released = step.requests_resources and step.state is StepState.UNDOING
    return not is_released and step.state not in GIVEN_UP


def with_result(item: PlanItem, result: CompletedService | None) -> PlanItem:
    """Return an item with what its service holds and gives up by its completion."""
    if result is None:
        return item
    return msgspec.structs.replace(item, held=result.held, pre_released=result.pre_released)


def set_step_states(
    working_plan: WorkingPlan, state: StepState, assigned: StepState | None = None
) -> None:
    """Set the steps to a state: all to done, or those that had begun to undone.

    Args:
        working_plan: the plan's working copy.
        state: `done` or `undone`.
        assigned: the state of the first step that assigns, where it differs.
    """
    for step in working_plan.plan.steps:
        if assigned and step.ref == FIRST_REQUEST:
            working_plan.update_step(step.ref, state=assigned)
        elif step.state in (UNFINISHED if state is StepState.DONE else STARTED):
            ended = StepState.UNDONE if step.is_dropped else state
            working_plan.update_step(step.ref, state=ended, accepted=False, unsure=False)


def final_assign_state(step: str) -> StepState:
    """Return the final state of the assign step in a plan that failed at a step."""
    return StepState.FAILED if step == ASSIGN else StepState.UNDONE


def unanswered_work_order_ids(plan: Plan) -> list[UUID]:
    """Return the work orders that crews have not answered."""
    return [
        work_order_id(plan.order_id, Attempt.current(step, undo=step.state is StepState.UNDOING))
        for step in plan.steps
        if step.state in UNDER_WAY and step.blueprint.kind is StepKind.WORK_ORDER
    ]
