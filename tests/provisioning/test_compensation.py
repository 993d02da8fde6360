"""Compensation of a plan: nothing is left, nothing is undone too early or twice."""

import pytest

from services.provisioning.domain.advance import WorkOrderAccepted, WorkOrderDone
from services.provisioning.domain.blueprint.blueprint import INLINE, OnFailure, PointOfNoReturn
from services.provisioning.domain.fallout.actions import FalloutAction, possible_actions_at
from services.provisioning.domain.plan.compensation import passed_point
from services.provisioning.domain.plan.plan import PlanState, StepState
from shared.calls.outbound_call import CallResult
from shared.contracts import ReleaseRequested, ResourcesReleased, ServiceFailed
from shared.errors import ConflictError
from tests.provisioning.builders import ORDER_ID, a_call, a_work_order
from tests.provisioning.plan_run import PlanRun


def test_steps_are_undone_in_reverse_order() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"), a_call("c", "b"))
    for name in "ab":
        run.answer(f"create-{name}", CallResult.DONE)

    run.answer("create-c", CallResult.REFUSED, "no-port")
    assert run.call_kinds()[3:] == ["delete-b"]
    run.answer("delete-b", CallResult.DONE)
    assert run.call_kinds()[3:] == ["delete-b", "delete-a"]
    run.answer("delete-a", CallResult.DONE)
    assert isinstance(run.published[-1], ReleaseRequested)
    run.handle(ResourcesReleased(order_id=ORDER_ID))

    failed = run.published[-1]
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.step) == ("no-port", "1/c")
    assert failed.reason == "make the c: aaa refused"


def test_nothing_is_undone_while_a_step_is_under_way() -> None:
    run = PlanRun(a_call("a"), a_call("b"), a_call("c"))
    run.answer("create-a", CallResult.DONE)

    run.answer("create-b", CallResult.FAILED)
    assert run.call_kinds() == ["create-a", "create-b", "create-c"]
    run.answer("create-c", CallResult.DONE)

    assert set(run.call_kinds()[3:]) == {"delete-a", "delete-c"}


def test_nothing_is_undone_while_the_outcome_of_a_step_is_unknown() -> None:
    run = PlanRun(a_call("a"), a_call("b"), a_call("c"))
    run.answer("create-a", CallResult.DONE)
    run.answer("create-c", CallResult.UNDECIDED)

    run.answer("create-b", CallResult.FAILED)

    assert run.state is PlanState.UNDOING
    assert run.call_kinds() == ["create-a", "create-b", "create-c"]
    assert possible_actions_at(run.update.plan, "1/c") == [
        FalloutAction.RETRY,
        FalloutAction.SKIP,
    ]


def test_a_step_with_an_unknown_outcome_is_undone_when_the_order_is_failed() -> None:
    run = PlanRun(a_call("a"))
    run.answer("create-a", CallResult.UNDECIDED)

    run.decide(FalloutAction.FAIL, "1/a")
    assert run.call_kinds()[-1] == "delete-a"
    run.answer("delete-a", CallResult.REFUSED, "a-missing")

    assert run.step("1/a") is StepState.UNDONE
    assert isinstance(run.published[-1], ReleaseRequested)


def test_an_undo_that_is_refused_goes_to_fallout_and_cannot_be_failed_again() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))
    run.answer("create-a", CallResult.DONE)
    run.answer("create-b", CallResult.REFUSED)

    run.answer("delete-a", CallResult.REFUSED, "locked")

    assert run.step("1/a") is StepState.FALLOUT
    assert possible_actions_at(run.update.plan, "1/a") == [
        FalloutAction.RETRY,
        FalloutAction.SKIP,
    ]
    with pytest.raises(ConflictError):
        run.decide(FalloutAction.FAIL, "1/a")


def test_a_skipped_undo_is_not_repeated_and_the_rest_is_undone() -> None:
    run = PlanRun(a_call("a"), a_call("b", "a"))
    run.answer("create-a", CallResult.DONE)
    run.answer("create-b", CallResult.REFUSED)
    run.answer("delete-a", CallResult.FAILED)

    run.decide(FalloutAction.SKIP, "1/a")
    run.handle(ResourcesReleased(order_id=ORDER_ID))

    assert run.state is PlanState.FAILED
    assert run.call_kinds().count("delete-a") == 1


@pytest.mark.parametrize("ponr", [PointOfNoReturn.SOFT, PointOfNoReturn.HARD])
def test_behind_a_point_of_no_return_nothing_is_undone_by_itself(ponr: PointOfNoReturn) -> None:
    run = PlanRun(a_call("a", ponr=ponr), a_call("b", "a"))
    run.answer("create-a", CallResult.DONE)

    run.answer("create-b", CallResult.REFUSED)

    assert run.state is PlanState.RUNNING
    assert run.step("1/b") is StepState.FALLOUT


def test_a_step_that_was_not_done_passes_no_point_of_no_return() -> None:
    run = PlanRun(a_call("a", ponr=PointOfNoReturn.HARD))

    run.answer("create-a", CallResult.REFUSED)

    assert run.state is PlanState.UNDOING


@pytest.mark.parametrize("ponr", [PointOfNoReturn.SOFT, PointOfNoReturn.HARD])
def test_a_step_that_people_skip_passes_its_point_of_no_return(ponr: PointOfNoReturn) -> None:
    by_people = a_call("a", ponr=ponr, on_failure=OnFailure.PEOPLE)
    run = PlanRun(by_people, a_call("b", "a"))
    run.answer("create-a", CallResult.REFUSED)
    run.decide(FalloutAction.SKIP, "1/a")

    run.answer("create-b", CallResult.REFUSED)

    assert (run.state, run.step("1/b")) == (PlanState.RUNNING, StepState.FALLOUT)
    assert passed_point(run.update.plan.steps) is ponr


def test_a_step_that_its_blueprint_skips_passes_no_point_of_no_return() -> None:
    skipped = a_call("a", ponr=PointOfNoReturn.HARD, on_failure=OnFailure.SKIP)
    run = PlanRun(skipped, a_call("b", "a"))
    run.answer("create-a", CallResult.REFUSED)

    run.answer("create-b", CallResult.REFUSED)

    assert run.state is PlanState.UNDOING
    assert passed_point(run.update.plan.steps) is None


def test_a_plan_says_the_hardest_point_of_no_return_that_it_has_passed() -> None:
    run = PlanRun(
        a_call("a", ponr=PointOfNoReturn.SOFT), a_call("b", "a", ponr=PointOfNoReturn.HARD)
    )

    before = passed_point(run.update.plan.steps)
    run.answer("create-a", CallResult.DONE)

    assert (before, passed_point(run.update.plan.steps)) == (
        PointOfNoReturn.SOFT,
        PointOfNoReturn.HARD,
    )


def test_an_order_can_be_failed_only_behind_a_soft_point_of_no_return() -> None:
    soft, hard = (PlanRun(a_call("a", ponr=each), a_call("b", "a")) for each in PointOfNoReturn)
    for run in (soft, hard):
        run.answer("create-a", CallResult.DONE)
        run.answer("create-b", CallResult.REFUSED)

    soft.decide(FalloutAction.FAIL, "1/b")
    assert soft.state is PlanState.UNDOING
    with pytest.raises(ConflictError) as refusal:
        hard.decide(FalloutAction.FAIL, "1/b")
    assert refusal.value.remedy == "decide one of: retry, skip"


def test_a_step_on_the_element_in_process_is_done_at_once_both_ways() -> None:
    run = PlanRun(a_call("a", element=INLINE), a_call("b", "a"))
    assert run.step("1/a") is StepState.DONE

    run.answer("create-b", CallResult.REFUSED)

    assert run.step("1/a") is StepState.UNDONE
    assert run.call_kinds() == ["create-b"]


def test_a_work_order_that_was_not_accepted_is_voided_when_the_order_fails() -> None:
    run = PlanRun(a_work_order("install"), a_call("a"))

    run.answer("create-a", CallResult.REFUSED)

    assert len(run.update.voided) == 1
    assert run.step("1/install") is StepState.UNDONE


def test_an_accepted_work_order_is_waited_for_and_then_undone() -> None:
    run = PlanRun(a_work_order("install"), a_call("a"))
    run.handle(WorkOrderAccepted("1/install", undo=False, round=1))

    run.answer("create-a", CallResult.REFUSED)
    assert run.update.voided == ()
    run.handle(WorkOrderDone("1/install", undo=False, round=1))

    (request,) = run.update.work_order_requests
    assert request.undo


def test_a_step_that_is_skipped_during_compensation_is_left_alone() -> None:
    run = PlanRun(a_call("a"), a_call("b"))
    run.answer("create-a", CallResult.UNDECIDED)
    run.answer("create-b", CallResult.REFUSED)

    run.decide(FalloutAction.SKIP, "1/a")

    assert "delete-a" not in run.call_kinds()
    assert isinstance(run.published[-1], ReleaseRequested)
