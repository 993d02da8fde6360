"""Instructions to a plan: hold, resume, cancel. They are applied once; nothing gives them yet."""

from dataclasses import dataclass

from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.modes import APPLIED_IN, Turn, can
from services.provisioning.domain.plan.plan import PlanFailure
from services.provisioning.domain.plan.plan_change import PlanChange
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class PlanInstruction:
    """An instruction about the whole plan: `hold`, `resume` or `cancel`."""

    turn: Turn
    reason: str = ""
    """Why the order is cancelled, in plain words."""


def apply_instruction(plan_change: PlanChange, instruction: PlanInstruction) -> None:
    """Hold, resume or cancel a plan; an instruction that was applied already changes nothing.

    Raises:
        ConflictError: if that is not possible now.
    """
    turn = instruction.turn
    if plan_change.state in APPLIED_IN[turn]:
        return
    if not can(plan_change.state, turn):
        raise conflict(plan_change, turn, f"it is {plan_change.state}")
    if turn is not Turn.CANCEL:
        plan_change.turn(turn)
    elif compensation.is_past_no_return(plan_change.steps.values(), hard_only=True):
        raise conflict(plan_change, turn, "it has passed a point of no return")
    else:
        failure = PlanFailure(code="cancelled", reason=instruction.reason)
        compensation.turn_back(plan_change, turn, failure)


def conflict(plan_change: PlanChange, turn: Turn, reason: str) -> ConflictError:
    """Return the error for an instruction that is not possible now."""
    message = f"plan {plan_change.plan.order_id} cannot take the instruction `{turn}`: {reason}"
    remedy = "see GET /ops/v1/plans/ID, and decide by its state"
    return ConflictError(message, code="not-possible", remedy=remedy)
