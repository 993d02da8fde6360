"""What goes into the history when a plan has moved: every state that changed."""

from collections.abc import Iterator
from typing import NamedTuple

from services.provisioning.domain.plan.plan import Plan, StepState

NO_STATE = ""
"""The state of what was not there before."""


class PlanStateChange(NamedTuple):
    """A plan, or a step of it, passed from one state to another."""

    part: str
    """The step; empty for the plan itself."""

    was: str
    became: str
    reason: str


def plan_state_changes(before: Plan | None, after: Plan) -> Iterator[PlanStateChange]:
    """Yield what changed, steps first: they are why the plan did.

    That a plan began, or came to its good end, is said by its steps and messages.
    """
    was = before.steps if before else ()
    for position, step in enumerate(after.steps):
        old: str = was[position].state if was else NO_STATE
        if old != step.state and (old or step.state is not StepState.WAITING):
            reason = step.trouble.reason if step.trouble else ""
            yield PlanStateChange(step.ref, old, step.state, reason)
    if after.failure and (before is None or before.state != after.state):
        yield PlanStateChange(
            "", before.state if before else NO_STATE, after.state, after.failure.reason
        )
