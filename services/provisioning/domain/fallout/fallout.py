"""Fallout (卡单): the record of a step that needed an operator, and its outcome."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.provisioning.domain.plan.plan import Plan, PlanStep, StepFailure, StepState
from services.provisioning.domain.plan.templates import fill_text
from shared.ids import named_id


class FalloutState(StrEnum):
    """The state of a fallout record."""

    OPEN = "open"
    RETRIED = "retried"
    """A retry is under way; it has not succeeded yet."""

    REPAIRED = "repaired"
    """A retry succeeded."""

    SKIPPED = "skipped"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Fallout:
    """The fallout of one step of one plan, in one direction: execution or undo."""

    id: UUID
    tenant: str
    local_network: str
    order_id: UUID
    step: str
    undoing: bool
    specification: str
    element: str
    code: str
    reason: str
    answer: str
    state: FalloutState
    times: int
    """How often the step went to fallout."""

    priority: int
    opened_at: datetime
    changed_at: datetime
    changed_by: str
    """Who decided last; empty before the first decision."""

    remark: str


class FalloutChange(NamedTuple):
    """A step that entered fallout, or left it, when its plan changed."""

    id: UUID
    step: PlanStep
    failure: StepFailure
    state: FalloutState


FALLOUT_STATES = {
    StepState.FALLOUT: FalloutState.OPEN,
    StepState.RUNNING: FalloutState.RETRIED,
    StepState.UNDOING: FalloutState.RETRIED,
    StepState.DONE: FalloutState.REPAIRED,
    StepState.UNDONE: FalloutState.REPAIRED,
    StepState.SKIPPED: FalloutState.SKIPPED,
    StepState.FAILED: FalloutState.GIVEN_UP,
}
"""The fallout state for each new state of a step."""

UNRESOLVED_STATES = frozenset({StepState.FALLOUT, StepState.RUNNING, StepState.UNDOING})
"""A step with a failure and one of these states is in fallout, or comes from there."""


def fallout_id(order_id: UUID, step: str, *, undoing: bool) -> UUID:
    """Return the id of a step's fallout, one for each direction."""
    return named_id(order_id, f"fallout/{'undo' if undoing else 'step'}/{step}")


def current_fallout_id(plan: Plan, ref: str) -> UUID:
    """Return the id of the fallout that a step is in now."""
    step = plan.step(ref)
    assert step
    assert step.trouble
    return fallout_id(plan.order_id, ref, undoing=step.trouble.undoing)


def fallout_changes(before: Plan, after: Plan) -> Iterator[FalloutChange]:
    """Yield the fallout changes that a plan change causes; usually none."""
    was = {step.ref: step for step in before.steps}
    for new in after.steps:
        old = was.get(new.ref)
        if old == new:
            continue
        failure = new.trouble if new.state is StepState.FALLOUT else unresolved_failure(old)
        if failure:
            id_ = fallout_id(after.order_id, new.ref, undoing=failure.undoing)
            yield FalloutChange(id_, new, failure, FALLOUT_STATES[new.state])


def unresolved_failure(step: PlanStep | None) -> StepFailure | None:
    """Return the failure for which a step was in fallout, or was being retried."""
    return step.trouble if step and step.state in UNRESOLVED_STATES else None


def open_fallout(plan: Plan, change: FalloutChange, now: datetime) -> Fallout:
    """Return the record of a step that enters fallout for the first time."""
    step, failure = change.step, change.failure
    item = plan.item(step.item_id)
    return Fallout(
        id=change.id,
        tenant=plan.tenant,
        local_network=plan.local_network_of(item),
        order_id=plan.order_id,
        step=step.ref,
        undoing=failure.undoing,
        specification=item.specification,
        element=fill_text(step.blueprint.element, item),
        code=failure.code,
        reason=failure.reason,
        answer=failure.answer,
        state=change.state,
        times=1,
        priority=plan.priority,
        opened_at=now,
        changed_at=now,
        changed_by="",
        remark="",
    )


def update_fallout(fallout: Fallout, change: FalloutChange, now: datetime) -> Fallout:
    """Return the updated record of a step that was in fallout before."""
    failure, again = change.failure, change.state is FalloutState.OPEN
    return replace(
        fallout,
        state=change.state,
        code=failure.code,
        reason=failure.reason,
        answer=failure.answer,
        times=fallout.times + again,
        changed_at=now,
    )


def sign_fallout(fallout: Fallout, by: str, remark: str) -> Fallout:
    """Return the record with who decided, and why."""
    return replace(fallout, changed_by=by, remark=remark)
