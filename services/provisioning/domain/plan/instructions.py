"""Instructions to a plan: hold, resume, cancel. They are applied once; nothing gives them yet."""

from dataclasses import dataclass

from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.modes import APPLIED_IN, ModeChange, is_possible
from services.provisioning.domain.plan.plan import PlanFailure
from services.provisioning.domain.plan.plan_change import PlanChange
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class PlanInstruction:
    """An instruction about the whole plan: `hold`, `resume` or `cancel`."""

    mode_change: ModeChange
    reason: str = ""
    """Why the order is cancelled, in plain words."""


def apply_instruction(plan_change: PlanChange, instruction: PlanInstruction) -> None:
    """Hold, resume or cancel a plan; an instruction that was applied already changes nothing.

    Raises:
        ConflictError: if that is not possible now.
    """
    mode_change = instruction.mode_change
    if plan_change.state in APPLIED_IN[mode_change]:
        return
    if not is_possible(plan_change.state, mode_change):
        raise conflict(plan_change, mode_change, f"it is {plan_change.state}")
    if mode_change is not ModeChange.CANCEL:
        plan_change.change_mode(mode_change)
    elif compensation.is_past_no_return(plan_change.steps.values(), hard_only=True):
        raise conflict(plan_change, mode_change, "it has passed a point of no return")
    else:
        failure = PlanFailure(code="cancelled", reason=instruction.reason)
        compensation.start_undoing(plan_change, mode_change, failure)


def conflict(plan_change: PlanChange, mode_change: ModeChange, reason: str) -> ConflictError:
    """Return the error for an instruction that is not possible now."""
    message = (
        f"plan {plan_change.plan.order_id} cannot take the instruction `{mode_change}`: {reason}"
    )
    remedy = "see GET /ops/v1/plans/ID, and decide by its state"
    return ConflictError(message, code="not-possible", remedy=remedy)
