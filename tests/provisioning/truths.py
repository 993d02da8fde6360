"""What must hold for every plan, whatever happens and in whatever order."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from services.provisioning.domain.blueprint import INLINE, Kind
from services.provisioning.domain.plan import (
    FINAL,
    SETTLED,
    Plan,
    PlanState,
    Step,
    StepState,
    operation_id,
)
from services.provisioning.domain.turn import Decision

ENDS = {"service_completed", "service_failed"}
STOPS = {"service_held", "service_resumed"}
Acts = Sequence[Any]


def must_be_free(plan: Plan, done: Acts, act: Any) -> None:
    """Nothing is done twice; nothing is undone under what was done on top of it."""
    assert act not in done, f"{act} is done twice"
    if act.undo:
        position = plan.position(act.ref)
        assert position is not None
        above = {step.ref for step in standing_on(plan, position) if step.has_undo}
        begun = Counter(each.ref for each in done if each.ref in above)
        assert all(
            count == 2 or plan.steps[plan.position(ref) or 0].state is StepState.SKIPPED
            for ref, count in begun.items()
        ), f"{act.ref} is undone before what stands on it"


def must_follow(before: Plan, decision: Decision) -> None:
    """Steps begin after their predecessors; an element hears one id until it has refused."""
    after = decision.plan
    for was, now in zip(before.steps, after.steps, strict=True):
        if was.state is StepState.WAITING and now.state is not StepState.WAITING:
            assert all(after.steps[each].state in SETTLED for each in now.after)
            assert before.state is PlanState.RUNNING
        if was.refusals == now.refusals:
            for undo in (False, True):
                assert operation(before, was, undo=undo) == operation(after, now, undo=undo)


def operation(plan: Plan, step: Step, *, undo: bool) -> Any:
    return operation_id(plan.order_id, step, undo=undo)


def must_be_told(plan: Plan, told: Sequence[str]) -> None:
    """The end is told once and last; people are called and dismissed in turn."""
    ends = [each for each in told if each in ENDS]
    assert len(ends) == (plan.state in FINAL)
    assert not ends or told[-1] == ends[0]
    stops = [each for each in told if each in STOPS]
    in_turn = ["service_held", "service_resumed"] * len(stops)
    assert stops == in_turn[: len(stops)]
    assert len(stops) % 2 == plan.is_held


def must_have_ended(plan: Plan, done: Acts, seen_to: Collection[str]) -> None:
    """When nothing more can happen the plan has ended, all or nothing, or waits for people."""
    match plan.state:
        case PlanState.COMPLETED:
            assert all(step.state in SETTLED for step in plan.steps)
            assert all(each.undo is False for each in done)
        case PlanState.FAILED:
            left = leftovers(plan.steps, done) - set(seen_to)
            assert not left, f"{left} is left of a plan that failed"
            undone = [each.state for each in plan.steps if each.blueprint.kind is Kind.ASSIGN]
            assert undone in ([], [StepState.UNDONE], [StepState.FAILED])
        case _:
            assert plan.is_held


def leftovers(steps: Iterable[Step], done: Acts) -> set[str]:
    """Return what was really done, could be undone, and is not."""
    acts = Counter(each.ref for each in done)
    return {
        step.ref
        for step in steps
        if step.has_undo and step.blueprint.element != INLINE and acts[step.ref] == 1
    }


def standing_on(plan: Plan, position: int) -> list[Step]:
    """Return all steps that stand on one, directly or not."""
    above = {position}
    for other, step in enumerate(plan.steps):
        if above & set(step.after):
            above.add(other)
    return [plan.steps[each] for each in sorted(above - {position})]
