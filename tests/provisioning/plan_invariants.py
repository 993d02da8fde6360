"""Invariants of every plan, for all events in any order."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from services.provisioning.domain.blueprint.blueprint import INLINE, RESOURCE_KINDS
from services.provisioning.domain.plan.attempts import operation_id
from services.provisioning.domain.plan.compensation import blocks_undo, has_open_execution
from services.provisioning.domain.plan.graph import topological_order, with_positions
from services.provisioning.domain.plan.modes import FINAL_STATES, UndoScope, undo_scope
from services.provisioning.domain.plan.plan import (
    SETTLED_STATES,
    Plan,
    PlanState,
    PlanStep,
    StepState,
)
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.contracts import ResourcesAssigned

FINAL_MESSAGES = {"service_completed", "service_failed"}
HOLD_MESSAGES = {"service_held", "service_resumed"}
Acts = Sequence[Any]


def check_act(plan: Plan, done: Acts, act: Any) -> None:
    """Check that nothing is done twice, and that nothing is undone before its dependents."""
    assert act not in done, f"{act} is done twice"
    if act.undo:
        dependents = {step.ref for step in dependents_of(plan, act.ref) if step.has_undo}
        begun = Counter(each.ref for each in done if each.ref in dependents)
        assert all(
            count == 2 or step_of(plan, ref).state is StepState.SKIPPED
            for ref, count in begun.items()
        ), f"{act.ref} is undone before its dependents"


def check_update(before: Plan, decision: PlanUpdate) -> None:
    """Check that steps follow their predecessors and keep their operation id until a refusal."""
    after = decision.plan
    assert after.steps == with_positions(topological_order(after.steps))
    # A step that lacks parameters fails at once, and the plan may turn back in the same decision.
    has_turned_back = after.failure is not None and before.failure is None
    for was in before.steps:
        now = step_of(after, was.ref)
        has_begun = now.state is not StepState.WAITING and not now.is_dropped
        if was.state is StepState.WAITING and has_begun:
            settled = all(step_of(after, each).state in SETTLED_STATES for each in now.after)
            assert settled or has_turned_back
            assert undo_scope(before.state) is not UndoScope.ALL
            assert after.state is not PlanState.ON_HOLD
            assert not any(is_to_be_undone(each) for each in after.steps)
        if was.refusals == now.refusals:
            for undo in (False, True):
                assert operation(before, was, undo=undo) == operation(after, now, undo=undo)


def step_of(plan: Plan, ref: str) -> PlanStep:
    step = plan.step(ref)
    assert step
    return step


def resource_step_states(plan: Plan) -> set[StepState]:
    return {step.state for step in plan.steps if step.blueprint.kind in RESOURCE_KINDS}


def is_to_be_undone(step: PlanStep) -> bool:
    return step.is_dropped and (has_open_execution(step) or blocks_undo(step))


def operation(plan: Plan, step: PlanStep, *, undo: bool) -> Any:
    return operation_id(plan.order_id, step, undo=undo)


def check_messages(plan: Plan, published: Sequence[str]) -> None:
    """Check that the end is published once and last, and that holds and resumptions alternate."""
    ends = [each for each in published if each in FINAL_MESSAGES]
    assert len(ends) == (plan.state in FINAL_STATES)
    assert not ends or published[-1] == ends[0]
    stops = [each for each in published if each in HOLD_MESSAGES]
    in_turn = ["service_held", "service_resumed"] * len(stops)
    assert stops == in_turn[: len(stops)]
    assert len(stops) % 2 == plan.is_in_fallout


def check_end(plan: Plan, done: Acts, done_by_people: Collection[str]) -> None:
    """Check that without further events the plan has ended, all or nothing, or is in fallout."""
    match plan.state:
        case PlanState.COMPLETED:
            dropped = [step for step in plan.steps if step.is_dropped]
            left = acts_not_undone(dropped, done) - set(done_by_people)
            assert not left, f"{left} is left of what was dropped"
            kept = {step.ref: step for step in plan.steps if not step.is_dropped}
            assert all(step.state in SETTLED_STATES for step in kept.values())
            assert not any(each.undo for each in done if each.ref in kept)
        case PlanState.FAILED | PlanState.CANCELLED:
            left = acts_not_undone(plan.steps, done) - set(done_by_people)
            assert not left, f"{left} is left of a plan that failed"
            ended = {StepState.UNDONE, StepState.FAILED, StepState.WAITING}
            assert resource_step_states(plan) <= ended | {StepState.SKIPPED}
        case PlanState.ON_HOLD:
            assert not any(step.state is StepState.RUNNING for step in plan.steps)
        case _:
            assert plan.is_in_fallout


def check_holdings(plan: Plan, first: ResourcesAssigned) -> None:
    """Check that items hold what their done steps have got, and not what these have given up."""
    of_first = {each.item_id: each for each in first.items}
    for item in plan.items:
        done = [
            step for step in plan.steps if step.item_id == item.id and step.state is StepState.DONE
        ]
        assigned = of_first[item.id]
        given_up = Counter(assigned.pre_released) + Counter(
            each for step in done for each in step.pre_released
        )
        got = Counter((*assigned.held, *assigned.kept)) + Counter(
            each for step in done for each in step.held
        )
        assert Counter(item.pre_released) == given_up
        assert Counter(item.held) == got - given_up


def acts_not_undone(steps: Iterable[PlanStep], done: Acts) -> set[str]:
    """Return the steps that were really done, could be undone, and are not."""
    acts = Counter(each.ref for each in done)
    return {
        step.ref
        for step in steps
        if step.has_undo and step.blueprint.element != INLINE and acts[step.ref] == 1
    }


def dependents_of(plan: Plan, ref: str) -> list[PlanStep]:
    """Return all steps that depend on one, directly or not."""
    dependents = {ref}
    for step in plan.steps:
        if dependents & set(step.after):
            dependents.add(step.ref)
    return [step for step in plan.steps if step.ref in dependents - {ref}]
