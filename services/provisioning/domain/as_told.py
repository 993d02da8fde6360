"""A plan as it was told to be, before the database was restored: nothing is done once more.

What was told holds: an order that was told to be complete is complete, and what was asked to
be released is being released. The steps that led there were taken then.
"""

from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint import Kind
from services.provisioning.domain.plan import (
    ASSIGN,
    FINAL,
    Failure,
    Plan,
    PlanState,
    StepState,
    work_order_id,
)
from services.provisioning.domain.turn import Decision, Turn
from shared.contracts import ReleaseRequested, ServiceCompleted, ServiceFailed

ToldOfPlan: TypeAlias = ServiceCompleted | ServiceFailed | ReleaseRequested
AT_WORK = frozenset({StepState.RUNNING, StepState.UNDOING})
BEGUN = AT_WORK | {StepState.DONE, StepState.FALLOUT}
NOT_DONE = AT_WORK | {StepState.WAITING, StepState.FALLOUT}
LOST = Failure(code="restored", reason="given up before the database was restored")
"""Of a plan that was being undone: why is told only at its end."""


def as_told(plan: Plan, told: ToldOfPlan) -> Decision:
    """Return a plan as it was told to be; a plan that has ended stays as it is."""
    turn = Turn(plan)
    if plan.state in FINAL:
        return turn.decide()
    turn.voided.extend(sent_out(plan))
    match told:
        case ServiceCompleted(services=services):
            held = {each.item_id: each.held for each in services}
            turn.items = tuple(
                each.with_held(held.get(each.id, each.held), each.local_network)
                for each in plan.items
            )
            turn.state = PlanState.COMPLETED
            leave(turn, StepState.DONE)
        case ServiceFailed(code=code, reason=reason, step=step):
            turn.state = PlanState.FAILED
            turn.failure = Failure(code=code, reason=reason, step=step)
            leave(turn, StepState.UNDONE, assigned=refused_or_undone(step))
        case ReleaseRequested():
            turn.state, turn.failure = PlanState.UNDOING, plan.failure or LOST
            leave(turn, StepState.UNDONE, assigned=StepState.UNDOING)
    return Decision(
        plan=plan.moved(turn.state, turn.items, tuple(turn.steps), turn.failure),
        voided=tuple(turn.voided),
    )


def leave(turn: Turn, state: StepState, assigned: StepState | None = None) -> None:
    """Leave the steps in a state: all of them done, or undone what was begun.

    Args:
        turn: the plan's working copy.
        state: `done` or `undone`.
        assigned: the state of the first step, which assigns, where it differs.
    """
    for position, step in enumerate(turn.steps):
        if assigned and position == 0:
            turn.change(position, state=assigned)
        elif step.state in (NOT_DONE if state is StepState.DONE else BEGUN):
            turn.change(position, state=state, accepted=False, unsure=False)


def refused_or_undone(step: str) -> StepState:
    """Return how the step that assigns ended in a plan that failed at a step."""
    return StepState.FAILED if step == ASSIGN else StepState.UNDONE


def sent_out(plan: Plan) -> list[UUID]:
    """Return the work orders that crews have not answered."""
    return [
        work_order_id(plan.order_id, step, undo=step.state is StepState.UNDOING)
        for step in plan.steps
        if step.state in AT_WORK and step.blueprint.kind is Kind.WORK_ORDER
    ]
