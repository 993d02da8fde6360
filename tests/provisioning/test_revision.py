"""A running plan can be revised: whatever is added, replaced or taken out, it ends as others."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.advance import WorkOrderAccepted, advance
from services.provisioning.domain.blueprint.blueprint import BlueprintStep, PointOfNoReturn
from services.provisioning.domain.fallout.actions import FalloutAction, possible_actions_at
from services.provisioning.domain.plan.attempts import operation_id
from services.provisioning.domain.plan.plan import Plan, PlanState, StepState
from services.provisioning.domain.plan.planner import plan_order
from services.provisioning.domain.plan.revision import AddedStep, PlanRevision
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.calls.outbound_call import CallResult
from shared.errors import ConflictError, PoisonError
from tests.conftest import NOON
from tests.provisioning.builders import (
    ORDER_ID,
    a_call,
    a_cause,
    a_work_order,
    accepted,
    an_item,
    assigned,
    index,
)
from tests.provisioning.plan_environment import PlanEnvironment, PossibleEvent
from tests.provisioning.plan_run import PlanRun
from tests.provisioning.test_plan_properties import blueprints, steps

REVISIONS = 3


@st.composite
def revisions(draw: st.DrawFn, plan: Plan) -> PlanRevision:
    """Draw a revision of a plan."""
    number = plan.revision + 1
    present = [step for step in plan.steps if step.item_id and not step.is_dropped]
    some = st.sets(st.sampled_from([step.ref for step in present]), max_size=2)
    compensate = draw(some) if present else set()
    replace = (draw(some) if present else set()) - compensate
    waiting = [step.ref for step in present if step.state is StepState.WAITING]
    before = draw(st.sets(st.sampled_from(waiting), max_size=1)) if waiting else set()
    added = AddedStep(
        item_id="1",
        blueprint=draw(steps(f"n{number}", [])),
        after=("assign",),
        before=tuple(before - compensate - replace),
    )
    definitions = st.sampled_from([step.blueprint for step in present] or [added.blueprint])
    return PlanRevision(
        number,
        add=(added,) if draw(st.booleans()) else (),
        replace={ref: draw(definitions) for ref in replace},
        compensate=frozenset(compensate),
    )


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_revised_plan_ends_complete_or_undone_or_in_fallout(data: st.DataObject) -> None:
    known_blueprints = index([data.draw(blueprints())])
    order = accepted(*(an_item(id_=str(n)) for n in range(1, data.draw(st.integers(1, 2)) + 1)))
    environment = PlanEnvironment.of(
        plan_order(order, known_blueprints, {}, a_cause(), NOON), assigned(order, known_blueprints)
    )

    while possible_events := list(environment.possible_events()):
        is_open = environment.plan.state is PlanState.RUNNING
        if is_open and environment.plan.revision < REVISIONS and data.draw(st.booleans()):
            revise(environment, data.draw(revisions(environment.plan)))
        else:
            environment.handle(data.draw(st.sampled_from(possible_events)))


def revise(environment: PlanEnvironment, revision: PlanRevision) -> None:
    """Revise a plan, unless that is not possible now."""
    try:
        advance(environment.plan, revision)
    except ConflictError:
        return
    environment.handle(PossibleEvent(revision))


def revise_run(run: PlanRun, **changes: Any) -> PlanUpdate:
    """Make the next revision of a plan."""
    return run.handle(PlanRevision(run.update.plan.revision + 1, **changes))


def added(step: BlueprintStep, *after: str, before: tuple[str, ...] = ()) -> AddedStep:
    return AddedStep("1", step, after or ("assign",), before)


def test_an_added_step_starts_behind_its_predecessors_and_before_those_that_wait_for_it() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))

    revise_run(run, add=(added(a_call("new"), "1/a", before=("1/b",)),))
    run.answer("create-a", CallResult.DONE)
    assert run.call_kinds() == ["create-a", "create-new"]
    run.answer("create-new", CallResult.DONE)

    assert run.call_kinds()[-1] == "create-b"
    assert [step.ref for step in run.update.plan.steps] == ["assign", "1/a", "1/new@1", "1/b"]


def test_a_replaced_step_is_undone_with_what_started_after_it_and_both_are_done_again() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"), a_call("c", "b"), a_call("other"))
    for name in ("a", "b"):
        run.answer(f"create-{name}", CallResult.DONE)
    run.answer("create-c", CallResult.DONE)

    revise_run(run, replace={"1/b": a_call("better")})
    assert run.call_kinds()[-1] == "delete-c"
    run.answer("delete-c", CallResult.DONE)
    run.answer("delete-b", CallResult.DONE)
    run.answer("create-better", CallResult.DONE)
    run.answer("create-c", CallResult.DONE)
    run.answer("create-other", CallResult.DONE)

    assert run.call_kinds()[4:] == ["delete-c", "delete-b", "create-better", "create-c"]
    assert run.state is PlanState.COMPLETED
    first, second = (call for call in run.calls if call.kind == "create-c")
    assert (first.step, second.step) == ("1/c", "1/c@1")
    assert first.operation_id != second.operation_id


def test_no_step_starts_while_something_dropped_is_not_undone_yet() -> None:
    run = PlanRun(a_call("a"), a_call("b"), a_call("c", "b"))
    run.answer("create-a", CallResult.DONE)

    revise_run(run, compensate=frozenset({"1/a"}))
    run.answer("create-b", CallResult.DONE)
    assert run.call_kinds() == ["create-a", "create-b", "delete-a"]
    run.answer("delete-a", CallResult.DONE)

    assert run.call_kinds()[-1] == "create-c"


def test_a_step_that_waits_is_replaced_without_being_done() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"), a_call("c", "b"))

    revise_run(run, replace={"1/b": a_call("better")})
    run.answer("create-a", CallResult.DONE)
    run.answer("create-better", CallResult.DONE)
    run.answer("create-c", CallResult.DONE)

    assert run.call_kinds() == ["create-a", "create-better", "create-c"]
    assert run.step("1/b") is StepState.UNDONE
    assert run.state is PlanState.COMPLETED


def test_an_accepted_work_order_that_is_dropped_is_awaited_and_others_are_voided() -> None:
    run = PlanRun(a_work_order("install"), a_work_order("label"))
    run.handle(WorkOrderAccepted("1/install", undo=False, round=1))

    decision = revise_run(run, compensate=frozenset({"1/install", "1/label"}))

    assert len(decision.voided) == 1
    assert run.step("1/install") is StepState.RUNNING
    assert run.step("1/label") is StepState.UNDONE


def test_an_undo_in_fallout_of_a_running_plan_can_be_retried_and_skipped_alone() -> None:
    run = PlanRun(a_call("a"), a_call("b"))
    run.answer("create-a", CallResult.DONE)
    revise_run(run, compensate=frozenset({"1/a"}))

    run.answer("delete-a", CallResult.REFUSED, "locked")
    assert possible_actions_at(run.update.plan, "1/a") == [
        FalloutAction.RETRY,
        FalloutAction.SKIP,
    ]
    run.decide(FalloutAction.SKIP, "1/a")
    run.answer("create-b", CallResult.DONE)

    assert run.state is PlanState.COMPLETED


def test_an_undo_in_fallout_still_awaits_a_decision_when_the_plan_fails() -> None:
    run = PlanRun(a_call("a"), a_call("b"))
    run.answer("create-a", CallResult.DONE)
    revise_run(run, compensate=frozenset({"1/a"}))
    run.answer("delete-a", CallResult.REFUSED, "locked")

    run.answer("create-b", CallResult.REFUSED)

    assert run.state is PlanState.UNDOING
    assert run.step("1/a") is StepState.FALLOUT


def test_a_plan_that_fails_after_a_revision_undoes_each_step_once() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))
    run.answer("create-a", CallResult.DONE)
    revise_run(run, replace={"1/a": a_call("a")})
    run.answer("create-b", CallResult.FAILED)
    run.answer("delete-a", CallResult.DONE)
    run.answer("create-a", CallResult.DONE)

    run.answer("create-b", CallResult.REFUSED)
    run.answer("delete-a", CallResult.DONE)

    assert run.call_kinds().count("delete-a") == 2
    assert len({call.operation_id for call in run.calls}) == len(run.calls)


def test_a_revision_is_applied_once() -> None:
    run = PlanRun(a_call("a"))
    revision = PlanRevision(1, add=(added(a_call("new")),))
    run.handle(revision)
    plan = run.update.plan

    assert advance(plan, revision) == PlanUpdate(plan)
    with pytest.raises(ConflictError):
        advance(plan, PlanRevision(3))


def test_operation_ids_of_revision_0_are_those_of_earlier_versions() -> None:
    (_, step) = PlanRun(a_call("a")).update.plan.steps

    ids = [str(operation_id(ORDER_ID, step, undo=undo)) for undo in (False, True)]

    assert ids == [
        "414c3a22-8624-5fde-9e6a-fc7044f4fd31",
        "2bcc18c1-de82-58a9-8242-a6e0a2603467",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"compensate": frozenset({"assign"})},
        {"compensate": frozenset({"1/unknown"})},
        {"replace": {"assign": a_call("new")}},
        {"add": (AddedStep("2", a_call("new"), ("assign",)),)},
        {"add": (AddedStep("1", a_call("new"), ("assign",), before=("1/a",)),)},
        {"add": (added(a_call("new")), added(a_call("new")))},
    ],
)
def test_a_revision_that_is_not_possible_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConflictError):
        revise_run(PlanRun(a_call("a")), **changes)


def test_steps_that_would_wait_for_each_other_are_refused() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))

    with pytest.raises(PoisonError):
        revise_run(run, add=(added(a_call("new"), "1/b", before=("1/b",)),))


def test_behind_a_hard_point_of_no_return_nothing_that_has_begun_is_dropped() -> None:
    run = PlanRun(a_call("a", ponr=PointOfNoReturn.HARD), a_call("b", "a"))

    with pytest.raises(ConflictError):
        revise_run(run, compensate=frozenset({"1/a"}))
    revise_run(run, compensate=frozenset({"1/b"}))

    assert run.step("1/b") is StepState.UNDONE


def test_a_plan_that_is_turning_back_or_has_ended_is_not_revised() -> None:
    run = PlanRun(a_call("a"))
    run.answer("create-a", CallResult.REFUSED)

    with pytest.raises(ConflictError):
        revise_run(run, add=(added(a_call("new")),))
