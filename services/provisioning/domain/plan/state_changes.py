"""The history of a plan: every change of its state and of its steps' states."""

from collections.abc import Iterator
from typing import NamedTuple

from services.provisioning.domain.plan.plan import Plan, PlanState, StepState

NO_STATE = ""
"""The state before the first."""


class PlanStateChange(NamedTuple):
    """One change of state of a plan, or of one of its steps."""

    part: str
    """The step; empty for the plan itself."""

    was: str
    became: str
    reason: str


def plan_state_changes(before: Plan | None, after: Plan) -> Iterator[PlanStateChange]:
    """Yield the state changes, steps first: they are the cause of the plan's.

    The start and the completion of a plan are left out: its steps and messages show them.
    """
    was = {step.ref: step.state for step in before.steps} if before else {}
    for step in after.steps:
        old: str = was.get(step.ref, NO_STATE)
        if old != step.state and (old or step.state is not StepState.WAITING):
            reason = step.trouble.reason if step.trouble else ""
            yield PlanStateChange(step.ref, old, step.state, reason)
    old = before.state if before else NO_STATE
    is_begin_or_completion = not before or after.state is PlanState.COMPLETED
    if old != after.state and (after.failure or not is_begin_or_completion):
        reason = after.failure.reason if after.failure else ""
        yield PlanStateChange("", old, after.state, reason)
