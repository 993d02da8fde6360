"""A plan as it was told to be before the database was restored."""

import pytest

from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.plan_change import completed_service
from services.provisioning.domain.plan.takeover import plan_as_published
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from tests.provisioning.builders import HELD, ORDER_ID, a_call, a_job
from tests.provisioning.plan_run import PlanRun


@pytest.fixture
def course() -> PlanRun:
    """A plan of which one element call is done, and a crew and a call are under way."""
    course = PlanRun(a_call("a"), a_job("crew"), a_call("b"))
    course.answer("create-a", CallResult.DONE)
    return course


def test_a_plan_that_was_told_to_be_complete_is_complete_and_does_nothing_more(
    course: PlanRun,
) -> None:
    plan = course.decision.plan
    told = [completed_service(item.with_holdings((HELD["number"],), "025")) for item in plan.items]

    found = plan_as_published(plan, ServiceCompleted(order_id=ORDER_ID, services=tuple(told)))

    assert found.plan.state is PlanState.COMPLETED
    assert {step.state for step in found.plan.steps} == {StepState.DONE}
    assert found.plan.items[0].held == (HELD["number"],)
    assert (found.messages, found.calls, found.work_order_requests) == ((), (), ())
    assert len(found.voided) == 1


def test_a_plan_that_was_told_to_have_failed_leaves_nothing_behind(course: PlanRun) -> None:
    told = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")

    found = plan_as_published(course.decision.plan, told)

    assert found.plan.state is PlanState.FAILED
    assert {step.state for step in found.plan.steps} == {StepState.UNDONE}
    assert found.plan.failure
    assert (found.plan.failure.code, found.plan.failure.step) == ("no-port", "1/b")
    assert found.messages == ()


def test_a_plan_that_had_asked_for_a_release_waits_for_it_and_fails_then(course: PlanRun) -> None:
    course.decision = plan_as_published(course.decision.plan, ReleaseRequested(order_id=ORDER_ID))
    assert course.state is PlanState.UNDOING

    course.handle(ResourcesAssigned(order_id=ORDER_ID, items=()))  # read once more
    course.handle(ResourcesReleased(order_id=ORDER_ID))

    assert course.step("1/a") is StepState.UNDONE
    assert isinstance(course.told[-1], ServiceFailed)


def test_a_plan_that_has_ended_stays_as_it_is(course: PlanRun) -> None:
    told = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")
    ended = plan_as_published(course.decision.plan, told).plan

    assert plan_as_published(ended, ReleaseRequested(order_id=ORDER_ID)).plan == ended
