"""Fallout (卡单): the record of a step that people had to look at, and what came of it."""

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
    """How far people have come with it."""

    OPEN = "open"
    RETRIED = "retried"
    """It is being tried again; nobody has seen it succeed yet."""

    REPAIRED = "repaired"
    """A retry was seen to succeed."""

    SKIPPED = "skipped"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Fallout:
    """One step of one plan that did not go well, one way."""

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
    """How often it came back to people."""

    priority: int
    opened_at: datetime
    changed_at: datetime
    changed_by: str
    """Who decided last; empty while nobody has."""

    remark: str


class FalloutChange(NamedTuple):
    """A turn of a plan, seen from its fallout: a step came to people, or left them."""

    id: UUID
    step: PlanStep
    trouble: StepFailure
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
"""What a step's new state means for its fallout."""

UNRESOLVED_STATES = frozenset({StepState.FALLOUT, StepState.RUNNING, StepState.UNDOING})
"""In these states a step that has trouble is in fallout, or comes from there."""


def fallout_id(order_id: UUID, step: str, *, undoing: bool) -> UUID:
    """Return the id of a step's fallout, one for each way."""
    return named_id(order_id, f"fallout/{'undo' if undoing else 'step'}/{step}")


def current_fallout_id(plan: Plan, ref: str) -> UUID:
    """Return the id of the fallout that a step is in now."""
    step = next(each for each in plan.steps if each.ref == ref)
    assert step.trouble
    return fallout_id(plan.order_id, ref, undoing=step.trouble.undoing)


def fallout_changes(before: Plan, after: Plan) -> Iterator[FalloutChange]:
    """Yield what a turn of a plan means for its fallout; mostly nothing."""
    for was, now in zip(before.steps, after.steps, strict=True):
        if was == now:
            continue
        trouble = now.trouble if now.state is StepState.FALLOUT else unresolved_failure(was)
        if trouble:
            id_ = fallout_id(after.order_id, now.ref, undoing=trouble.undoing)
            yield FalloutChange(id_, now, trouble, FALLOUT_STATES[now.state])


def unresolved_failure(was: PlanStep) -> StepFailure | None:
    """Return the trouble for which a step was in fallout, or is being tried again."""
    return was.trouble if was.state in UNRESOLVED_STATES else None


def open_fallout(plan: Plan, change: FalloutChange, now: datetime) -> Fallout:
    """Return the record of a step that comes to people for the first time."""
    step, trouble = change.step, change.trouble
    item = plan.item(step.item_id)
    return Fallout(
        id=change.id,
        tenant=plan.tenant,
        local_network=plan.network_of(item),
        order_id=plan.order_id,
        step=step.ref,
        undoing=trouble.undoing,
        specification=item.specification,
        element=fill_text(step.blueprint.element, item),
        code=trouble.code,
        reason=trouble.reason,
        answer=trouble.answer,
        state=change.state,
        times=1,
        priority=plan.priority,
        opened_at=now,
        changed_at=now,
        changed_by="",
        remark="",
    )


def update_fallout(fallout: Fallout, change: FalloutChange, now: datetime) -> Fallout:
    """Return the record of a step that has come to people before."""
    trouble, again = change.trouble, change.state is FalloutState.OPEN
    return replace(
        fallout,
        state=change.state,
        code=trouble.code,
        reason=trouble.reason,
        answer=trouble.answer,
        times=fallout.times + again,
        changed_at=now,
    )


def sign_fallout(fallout: Fallout, by: str, remark: str) -> Fallout:
    """Return the record with who decided, and why."""
    return replace(fallout, changed_by=by, remark=remark)
