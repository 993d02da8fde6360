"""A plan as it was told to be before the database was restored."""

import pytest

from services.provisioning.domain.as_told import as_told
from services.provisioning.domain.plan import PlanState, StepState
from services.provisioning.domain.turn import completed
from shared.calls.outbound_call import Result
from shared.contracts import (
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from tests.provisioning.build import HELD, ORDER_ID, a_call, a_job
from tests.provisioning.course import Course


@pytest.fixture
def course() -> Course:
    """A plan of which one element call is done, and a crew and a call are under way."""
    course = Course(a_call("a"), a_job("crew"), a_call("b"))
    course.answer("create-a", Result.DONE)
    return course


def test_a_plan_that_was_told_to_be_complete_is_complete_and_does_nothing_more(
    course: Course,
) -> None:
    plan = course.decision.plan
    told = [completed(item.with_held((HELD["number"],), "025")) for item in plan.items]

    found = as_told(plan, ServiceCompleted(order_id=ORDER_ID, services=tuple(told)))

    assert found.plan.state is PlanState.COMPLETED
    assert {step.state for step in found.plan.steps} == {StepState.DONE}
    assert found.plan.items[0].held == (HELD["number"],)
    assert (found.tell, found.calls, found.jobs) == ((), (), ())
    assert len(found.voided) == 1


def test_a_plan_that_was_told_to_have_failed_leaves_nothing_behind(course: Course) -> None:
    told = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")

    found = as_told(course.decision.plan, told)

    assert found.plan.state is PlanState.FAILED
    assert {step.state for step in found.plan.steps} == {StepState.UNDONE}
    assert found.plan.failure
    assert (found.plan.failure.code, found.plan.failure.step) == ("no-port", "1/b")
    assert found.tell == ()


def test_a_plan_that_had_asked_for_a_release_waits_for_it_and_fails_then(course: Course) -> None:
    course.decision = as_told(course.decision.plan, ReleaseRequested(order_id=ORDER_ID))
    assert course.state is PlanState.UNDOING

    course.hear(ResourcesAssigned(order_id=ORDER_ID, items=()))  # read once more
    course.hear(ResourcesReleased(order_id=ORDER_ID))

    assert course.step("1/a") is StepState.UNDONE
    assert isinstance(course.told[-1], ServiceFailed)


def test_a_plan_that_has_ended_stays_as_it_is(course: Course) -> None:
    told = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")
    ended = as_told(course.decision.plan, told).plan

    assert as_told(ended, ReleaseRequested(order_id=ORDER_ID)).plan == ended
