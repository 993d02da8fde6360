"""What goes into the history when a plan has moved: every state that changed."""

from collections.abc import Iterator
from typing import NamedTuple

from services.provisioning.domain.plan import Plan, StepState

NEW = ""
"""The state of what was not there before."""


class Passage(NamedTuple):
    """A plan, or a step of it, passed from one state to another."""

    part: str
    """The step; empty for the plan itself."""

    was: str
    became: str
    reason: str


def passages(before: Plan | None, after: Plan) -> Iterator[Passage]:
    """Yield what changed, steps first: they are why the plan did.

    That a plan began, or came to its good end, is said by its steps and messages.
    """
    was = before.steps if before else ()
    for position, step in enumerate(after.steps):
        old: str = was[position].state if was else NEW
        if old != step.state and (old or step.state is not StepState.WAITING):
            reason = step.trouble.reason if step.trouble else ""
            yield Passage(step.ref, old, step.state, reason)
    if after.failure and (before is None or before.state != after.state):
        yield Passage("", before.state if before else NEW, after.state, after.failure.reason)
