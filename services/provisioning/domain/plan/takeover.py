"""Takeover after a restore: a plan gets the state that its published messages say.

Published messages hold: an order published as completed is completed, and resources whose
release was requested are being released. The steps that led there are not done again.
"""

from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint.blueprint import ASSIGN, StepKind
from services.provisioning.domain.plan.attempts import Attempt, work_order_id
from services.provisioning.domain.plan.modes import FINAL_STATES
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanState,
    StepState,
)
from services.provisioning.domain.plan.plan_change import PlanChange, PlanDecision
from shared.contracts import FIRST_REQUEST, ReleaseRequested, ServiceCompleted, ServiceFailed

TakeoverMessage: TypeAlias = ServiceCompleted | ServiceFailed | ReleaseRequested
UNDER_WAY = frozenset({StepState.RUNNING, StepState.UNDOING})
STARTED = UNDER_WAY | {StepState.DONE, StepState.FALLOUT}
UNFINISHED = UNDER_WAY | {StepState.WAITING, StepState.FALLOUT}
UNKNOWN_FAILURE = PlanFailure(code="restored", reason="given up before the database was restored")
"""For a plan that was being undone: its reason is published only at its end."""


def plan_as_published(plan: Plan, published: TakeoverMessage) -> PlanDecision:
    """Return a plan in the state of a published message; an ended plan stays as it is."""
    plan_change = PlanChange(plan)
    if plan.state in FINAL_STATES:
        return plan_change.to_decision()
    plan_change.voided.extend(unanswered_work_orders(plan))
    match published:
        case ServiceCompleted(services=services):
            held = {each.item_id: each.held for each in services}
            plan_change.items = tuple(
                each.with_holdings(held.get(each.id, each.held), each.local_network)
                for each in plan.items
            )
            plan_change.state = PlanState.COMPLETED
            set_step_states(plan_change, StepState.DONE)
        case ServiceFailed(code=code, reason=reason, step=step):
            plan_change.state = PlanState.FAILED
            plan_change.failure = PlanFailure(code=code, reason=reason, step=step)
            set_step_states(plan_change, StepState.UNDONE, assigned=final_assign_state(step))
        case ReleaseRequested(request_id=request, held=held) if held or request != FIRST_REQUEST:
            """A release in part belongs to a revision, which is made again."""
            return PlanDecision(plan)
        case ReleaseRequested():
            plan_change.state, plan_change.failure = (
                PlanState.UNDOING,
                plan.failure or UNKNOWN_FAILURE,
            )
            set_step_states(plan_change, StepState.UNDONE, assigned=StepState.UNDOING)
    return PlanDecision(plan=plan_change.changed_plan(), voided=tuple(plan_change.voided))


def set_step_states(
    plan_change: PlanChange, state: StepState, assigned: StepState | None = None
) -> None:
    """Set the steps to a state: all to done, or those that had begun to undone.

    Args:
        plan_change: the plan's working copy.
        state: `done` or `undone`.
        assigned: the state of the first step that assigns, where it differs.
    """
    for step in plan_change.plan.steps:
        if assigned and step.ref == FIRST_REQUEST:
            plan_change.update_step(step.ref, state=assigned)
        elif step.state in (UNFINISHED if state is StepState.DONE else STARTED):
            ended = StepState.UNDONE if step.is_dropped else state
            plan_change.update_step(step.ref, state=ended, accepted=False, unsure=False)


def final_assign_state(step: str) -> StepState:
    """Return the final state of the assign step in a plan that failed at a step."""
    return StepState.FAILED if step == ASSIGN else StepState.UNDONE


def unanswered_work_orders(plan: Plan) -> list[UUID]:
    """Return the work orders that crews have not answered."""
    return [
        work_order_id(plan.order_id, Attempt.current(step, undo=step.state is StepState.UNDOING))
        for step in plan.steps
        if step.state in UNDER_WAY and step.blueprint.kind is StepKind.WORK_ORDER
    ]
