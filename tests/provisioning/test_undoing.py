"""How a plan goes back: nothing is left, nothing is undone too early, nothing twice."""

import pytest

from services.provisioning.domain.blueprint.blueprint import INLINE, PointOfNoReturn
from services.provisioning.domain.fallout.actions import FalloutAction, possible_actions_at
from services.provisioning.domain.plan.advance import WorkOrderAccepted, WorkOrderReported
from services.provisioning.domain.plan.plan import PlanState, StepState
from shared.calls.outbound_call import CallResult
from shared.contracts import ReleaseRequested, ResourcesReleased, ServiceFailed
from shared.errors import ConflictError
from tests.provisioning.builders import ORDER_ID, a_call, a_job
from tests.provisioning.plan_run import PlanRun


def test_what_was_done_is_undone_last_things_first() -> None:
    course = PlanRun(a_call("a"), a_call("b", "a"), a_call("c", "b"))
    for name in "ab":
        course.answer(f"create-{name}", CallResult.DONE)

    course.answer("create-c", CallResult.REFUSED, "no-port")
    assert course.asked()[3:] == ["delete-b"]
    course.answer("delete-b", CallResult.DONE)
    assert course.asked()[3:] == ["delete-b", "delete-a"]
    course.answer("delete-a", CallResult.DONE)
    assert isinstance(course.told[-1], ReleaseRequested)
    course.handle(ResourcesReleased(order_id=ORDER_ID))

    failed = course.told[-1]
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.step) == ("no-port", "1/c")
    assert failed.reason == "make the c: aaa refused"


def test_nothing_is_undone_while_a_step_is_under_way() -> None:
    course = PlanRun(a_call("a"), a_call("b"), a_call("c"))
    course.answer("create-a", CallResult.DONE)

    course.answer("create-b", CallResult.FAILED)
    assert course.asked() == ["create-a", "create-b", "create-c"]
    course.answer("create-c", CallResult.DONE)

    assert set(course.asked()[3:]) == {"delete-a", "delete-c"}


def test_nothing_is_undone_while_nobody_knows_whether_a_step_was_done() -> None:
    course = PlanRun(a_call("a"), a_call("b"), a_call("c"))
    course.answer("create-a", CallResult.DONE)
    course.answer("create-c", CallResult.UNDECIDED)

    course.answer("create-b", CallResult.FAILED)

    assert course.state is PlanState.UNDOING
    assert course.asked() == ["create-a", "create-b", "create-c"]
    assert possible_actions_at(course.decision.plan, "1/c") == [
        FalloutAction.RETRY,
        FalloutAction.SKIP,
    ]


def test_what_may_have_been_done_is_undone_when_people_give_the_order_up() -> None:
    course = PlanRun(a_call("a"))
    course.answer("create-a", CallResult.UNDECIDED)

    course.decide(FalloutAction.FAIL, "1/a")
    assert course.asked()[-1] == "delete-a"
    course.answer("delete-a", CallResult.REFUSED, "a-missing")

    assert course.step("1/a") is StepState.UNDONE
    assert isinstance(course.told[-1], ReleaseRequested)


def test_what_cannot_be_undone_goes_to_people_who_cannot_fail_it_again() -> None:
    course = PlanRun(a_call("a"), a_call("b", "a"))
    course.answer("create-a", CallResult.DONE)
    course.answer("create-b", CallResult.REFUSED)

    course.answer("delete-a", CallResult.REFUSED, "locked")

    assert course.step("1/a") is StepState.FALLOUT
    assert possible_actions_at(course.decision.plan, "1/a") == [
        FalloutAction.RETRY,
        FalloutAction.SKIP,
    ]
    with pytest.raises(ConflictError):
        course.decide(FalloutAction.FAIL, "1/a")


def test_a_skipped_undo_is_left_to_people_and_the_rest_is_undone() -> None:
    course = PlanRun(a_call("a"), a_call("b", "a"))
    course.answer("create-a", CallResult.DONE)
    course.answer("create-b", CallResult.REFUSED)
    course.answer("delete-a", CallResult.FAILED)

    course.decide(FalloutAction.SKIP, "1/a")
    course.handle(ResourcesReleased(order_id=ORDER_ID))

    assert course.state is PlanState.FAILED
    assert course.asked().count("delete-a") == 1


@pytest.mark.parametrize("ponr", [PointOfNoReturn.SOFT, PointOfNoReturn.HARD])
def test_behind_a_point_of_no_return_nothing_is_undone_by_itself(ponr: PointOfNoReturn) -> None:
    course = PlanRun(a_call("a", ponr=ponr), a_call("b", "a"))
    course.answer("create-a", CallResult.DONE)

    course.answer("create-b", CallResult.REFUSED)

    assert course.state is PlanState.RUNNING
    assert course.step("1/b") is StepState.FALLOUT


def test_a_step_that_was_not_done_passes_no_point_of_no_return() -> None:
    course = PlanRun(a_call("a", ponr=PointOfNoReturn.HARD))

    course.answer("create-a", CallResult.REFUSED)

    assert course.state is PlanState.UNDOING


def test_people_may_go_back_behind_a_soft_point_of_no_return_only() -> None:
    soft, hard = (PlanRun(a_call("a", ponr=each), a_call("b", "a")) for each in PointOfNoReturn)
    for course in (soft, hard):
        course.answer("create-a", CallResult.DONE)
        course.answer("create-b", CallResult.REFUSED)

    soft.decide(FalloutAction.FAIL, "1/b")
    assert soft.state is PlanState.UNDOING
    with pytest.raises(ConflictError) as refusal:
        hard.decide(FalloutAction.FAIL, "1/b")
    assert refusal.value.remedy == "decide one of: retry, skip"


def test_a_step_on_the_element_in_process_is_done_at_once_both_ways() -> None:
    course = PlanRun(a_call("a", element=INLINE), a_call("b", "a"))
    assert course.step("1/a") is StepState.DONE

    course.answer("create-b", CallResult.REFUSED)

    assert course.step("1/a") is StepState.UNDONE
    assert course.asked() == ["create-b"]


def test_a_crew_that_nobody_has_begun_with_is_called_off_when_the_order_fails() -> None:
    course = PlanRun(a_job("install"), a_call("a"))

    course.answer("create-a", CallResult.REFUSED)

    assert len(course.decision.voided) == 1
    assert course.step("1/install") is StepState.UNDONE


def test_a_crew_that_has_begun_is_waited_for_and_then_undone() -> None:
    course = PlanRun(a_job("install"), a_call("a"))
    course.handle(WorkOrderAccepted("1/install", undo=False, round=1))

    course.answer("create-a", CallResult.REFUSED)
    assert course.decision.voided == ()
    course.handle(WorkOrderReported("1/install", undo=False, round=1))

    (job,) = course.decision.work_order_requests
    assert job.undo


def test_what_people_have_seen_to_while_all_is_undone_is_left_alone() -> None:
    course = PlanRun(a_call("a"), a_call("b"))
    course.answer("create-a", CallResult.UNDECIDED)
    course.answer("create-b", CallResult.REFUSED)

    course.decide(FalloutAction.SKIP, "1/a")

    assert "delete-a" not in course.asked()
    assert isinstance(course.told[-1], ReleaseRequested)
