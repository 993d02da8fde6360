"""A plan has one mode, which says what it does; instructions and revisions change it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.advance import WorkOrderDone, advance
from services.provisioning.domain.blueprint.blueprint import OnFailure, PointOfNoReturn
from services.provisioning.domain.fallout.actions import FalloutAction, possible_actions_at
from services.provisioning.domain.plan.instructions import PlanInstruction
from services.provisioning.domain.plan.modes import FINAL_STATES, NEXT_MODES, ModeChange
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.planner import plan_order
from services.provisioning.domain.plan.revision import PlanRevision
from services.provisioning.domain.plan.state_changes import plan_state_changes
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceFailed,
)
from shared.errors import ConflictError
from tests.conftest import NOON
from tests.provisioning.builders import (
    ORDER_ID,
    a_blueprint,
    a_call,
    a_cause,
    a_work_order,
    accepted,
    an_item,
    assigned,
    index,
    planned,
)
from tests.provisioning.plan_environment import PlanEnvironment, PossibleEvent
from tests.provisioning.plan_run import PlanRun
from tests.provisioning.test_plan_properties import blueprints
from tests.provisioning.test_revision import REVISIONS, revise, revisions

HOLD, RESUME = PlanInstruction(ModeChange.HOLD), PlanInstruction(ModeChange.RESUME)
CANCEL = PlanInstruction(ModeChange.CANCEL, "the customer has changed his mind")
INSTRUCTIONS = (HOLD, RESUME, CANCEL)
DOMAIN = Path("services/provisioning/domain")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_instructed_plan_ends_complete_or_undone_or_in_fallout(data: st.DataObject) -> None:
    known_blueprints = index([data.draw(blueprints())])
    order = accepted(*(an_item(id_=str(n)) for n in range(1, data.draw(st.integers(1, 2)) + 1)))
    environment = PlanEnvironment.of(
        plan_order(order, known_blueprints, {}, a_cause(), NOON), assigned(order, known_blueprints)
    )
    instructions: list[PlanInstruction] = data.draw(
        st.lists(st.sampled_from(INSTRUCTIONS), max_size=5)
    )

    flag = st.booleans()
    while environment.plan.state not in FINAL_STATES:
        possible_events = list(environment.possible_events())
        if bool(instructions) and data.draw(flag):
            instruct(environment, instructions.pop())
        elif environment.plan.revision < REVISIONS and data.draw(flag):
            revise(environment, data.draw(revisions(environment.plan)))
        elif possible_events:
            environment.handle(data.draw(st.sampled_from(possible_events)))
        elif environment.plan.state is PlanState.ON_HOLD:
            environment.handle(PossibleEvent(RESUME))
        else:
            return


def instruct(environment: PlanEnvironment, instruction: PlanInstruction) -> None:
    """Instruct a plan, unless that is not possible now."""
    try:
        advance(environment.plan, instruction)
    except ConflictError:
        return
    environment.handle(PossibleEvent(instruction))


def test_every_mode_has_a_row_and_is_reached_from_a_running_plan() -> None:
    reached = {PlanState.RUNNING}
    for _ in NEXT_MODES:
        reached |= {after for mode in reached for after in NEXT_MODES[mode].values()}

    assert set(NEXT_MODES) == set(PlanState) == reached


@pytest.mark.parametrize(
    "module",
    ["advance", "plan/execution", "plan/compensation", "plan/revision", "plan/instructions"],
)
def test_what_a_mode_does_is_asked_of_the_table_alone(module: str) -> None:
    assert "PlanState" not in (DOMAIN / f"{module}.py").read_text()


def test_a_plan_on_hold_takes_answers_and_starts_no_step_until_it_is_resumed() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))

    run.handle(HOLD)
    run.answer("create-a", CallResult.DONE)
    assert (run.state, run.step("1/a"), run.call_kinds()) == (
        PlanState.ON_HOLD,
        StepState.DONE,
        ["create-a"],
    )
    run.handle(RESUME)

    assert run.call_kinds() == ["create-a", "create-b"]


def test_a_plan_on_hold_of_which_a_step_fails_turns_back() -> None:
    run = PlanRun(a_call("a"))
    run.handle(HOLD)

    run.answer("create-a", CallResult.REFUSED)

    assert run.state is PlanState.UNDOING


def test_a_cancelled_plan_is_undone_and_ends_as_cancelled() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"), a_work_order("install"))
    run.answer("create-a", CallResult.DONE)

    decision = run.handle(CANCEL)
    assert (run.state, len(decision.voided)) == (PlanState.CANCELLING, 1)
    run.answer("create-b", CallResult.DONE)
    run.answer("delete-b", CallResult.DONE)
    run.answer("delete-a", CallResult.DONE)
    run.handle(ResourcesReleased(order_id=ORDER_ID))

    failed = run.published[-1]
    assert run.state is PlanState.CANCELLED
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.reason, failed.step) == ("cancelled", CANCEL.reason, "")


def test_a_plan_that_is_cancelled_before_its_resources_are_assigned_releases_them() -> None:
    run = PlanRun(a_call("a"))
    blueprint = a_blueprint(a_call("a"))
    run.update = planned(blueprint)

    run.handle(CANCEL)
    run.handle(assigned(accepted(), index([blueprint])))

    assert isinstance(run.published[-1], ReleaseRequested)
    assert run.calls[1:] == []


def test_a_plan_that_is_cancelled_and_then_refused_its_resources_ends_as_cancelled() -> None:
    decision = advance(planned(a_blueprint()).plan, CANCEL)
    refused = ResourcesRefused(order_id=ORDER_ID, code=RefusalCode.NONE_FREE, reason="no pair")

    decision = advance(decision.plan, refused)

    assert decision.plan.state is PlanState.CANCELLED
    assert [each.name for each in decision.messages] == ["provisioning.service_failed"]
    assert decision.plan.failure
    assert decision.plan.failure.code == "cancelled"


def test_a_step_that_fails_while_the_plan_is_cancelled_changes_nothing_of_the_cause() -> None:
    run = PlanRun(a_call("a"), a_call("b"))
    run.answer("create-b", CallResult.DONE)
    run.handle(CANCEL)

    run.answer("create-a", CallResult.REFUSED)

    assert run.state is PlanState.CANCELLING
    assert run.update.plan.failure
    assert run.update.plan.failure.code == "cancelled"


def test_an_order_cannot_be_cancelled_behind_a_hard_point_of_no_return() -> None:
    run = PlanRun(a_call("a", ponr=PointOfNoReturn.HARD))

    with pytest.raises(ConflictError):
        run.handle(CANCEL)


def test_a_plan_that_is_revised_turns_back_for_what_is_dropped_alone() -> None:
    run = PlanRun(a_call("a"), a_call("b"), a_work_order("install", "b"))
    run.answer("create-a", CallResult.DONE)
    run.answer("create-b", CallResult.DONE)

    run.handle(PlanRevision(1, compensate=frozenset({"1/a"})))
    assert run.state == "revising"
    run.handle(WorkOrderDone("1/install", undo=False, round=1))
    run.answer("delete-a", CallResult.DONE)

    assert run.state is PlanState.COMPLETED
    assert "delete-b" not in run.call_kinds()


def test_a_plan_that_is_revised_can_fail_and_be_cancelled() -> None:
    run = PlanRun(a_call("a"), a_call("b", on_failure=OnFailure.PEOPLE))
    run.answer("create-a", CallResult.DONE)
    run.handle(PlanRevision(1, compensate=frozenset({"1/a"})))
    run.answer("create-b", CallResult.REFUSED)

    assert FalloutAction.FAIL in possible_actions_at(run.update.plan, "1/b")
    assert advance(run.update.plan, CANCEL).plan.state is PlanState.CANCELLING


def test_an_instruction_that_was_applied_changes_nothing_and_an_ended_plan_takes_none() -> None:
    run = PlanRun(a_call("a"))
    for instruction in (RESUME, HOLD):
        plan = run.handle(instruction).plan
        assert advance(plan, instruction) == PlanUpdate(plan)
    run.handle(RESUME)
    run.answer("create-a", CallResult.DONE)

    assert run.state is PlanState.COMPLETED
    for instruction in INSTRUCTIONS:
        with pytest.raises(ConflictError):
            run.handle(instruction)


def test_a_hold_and_its_end_are_in_the_history() -> None:
    run = PlanRun(a_call("a"))
    before = run.update.plan
    held = run.handle(HOLD).plan
    resumed = run.handle(RESUME).plan

    changes = [*plan_state_changes(before, held), *plan_state_changes(held, resumed)]

    assert [(each.was, each.became) for each in changes] == [
        ("running", "on_hold"),
        ("on_hold", "running"),
    ]


def test_resources_that_are_assigned_to_a_plan_on_hold_are_kept() -> None:
    blueprint = a_blueprint(a_call("a"))
    held = advance(planned(blueprint).plan, HOLD).plan

    decision = advance(held, assigned(accepted(), index([blueprint])))
    resumed = advance(decision.plan, RESUME)

    assert decision.calls == ()
    assert len(resumed.calls) == 1
    assert advance(resumed.plan, ResourcesAssigned(order_id=ORDER_ID, items=())).calls == ()
