"""Instructions to a plan: hold, resume, cancel. They are applied once; nothing gives them yet."""

from dataclasses import dataclass

from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.modes import APPLIED_IN, ModeChange, is_possible
from services.provisioning.domain.plan.plan import PlanFailure
from services.provisioning.domain.plan.working_plan import WorkingPlan
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class PlanInstruction:
    """An instruction about the whole plan: `hold`, `resume` or `cancel`."""

    mode_change: ModeChange
    reason: str = ""
    """Why the order is cancelled, in plain words."""


def apply_instruction(working_plan: WorkingPlan, instruction: PlanInstruction) -> None:
    """Hold, resume or cancel a plan; an instruction that was applied already changes nothing.

    Raises:
        ConflictError: if that is not possible now.
    """
    mode_change = instruction.mode_change
    if working_plan.state in APPLIED_IN[mode_change]:
        return
    if not is_possible(working_plan.state, mode_change):
        raise instruction_conflict_error(working_plan, mode_change, f"it is {working_plan.state}")
    if mode_change is not ModeChange.CANCEL:
        working_plan.change_mode(mode_change)
    elif compensation.is_past_no_return(working_plan.steps.values(), hard_only=True):
        raise instruction_conflict_error(
            working_plan, mode_change, "it has passed a point of no return"
        )
    else:
        failure = PlanFailure(code="cancelled", reason=instruction.reason)
        compensation.start_undoing(working_plan, mode_change, failure)


def instruction_conflict_error(
    working_plan: WorkingPlan, mode_change: ModeChange, reason: str
) -> ConflictError:
    """Return the error for an instruction that is not possible now."""
    message = (
        f"plan {working_plan.plan.order_id} cannot take the instruction `{mode_change}`: {reason}"
    )
    remedy = "see GET /ops/v1/plans/ID, and decide by its state"
    return ConflictError(message, code="not-possible", remedy=remedy)
