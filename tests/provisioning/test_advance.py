"""How a plan moves: what follows when its steps go well, or do not."""

import pytest

from services.provisioning.domain.blueprint.blueprint import OnFailure
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.advance import (
    PlanEvent,
    WorkOrderReported,
    WorkOrderReturned,
    advance,
)
from services.provisioning.domain.plan.plan import StepState
from services.provisioning.domain.plan.plan_change import PlanDecision
from services.provisioning.domain.scheduled_messages import PauseEnded
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import (
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceHeld,
    ServiceResumed,
)
from shared.errors import ConflictError, NotFoundError, PoisonError
from tests.provisioning.builders import ORDER_ID, a_blueprint, a_call, a_job, planned
from tests.provisioning.plan_run import PlanRun

NEEDS_PEOPLE = OnFailure.PEOPLE


def test_branches_run_side_by_side_and_what_needs_both_waits_for_both() -> None:
    course = PlanRun(a_call("a"), a_call("b"), a_call("c", "a", "b"))
    assert course.asked() == ["create-a", "create-b"]

    course.answer("create-a", CallResult.DONE)
    assert course.asked() == ["create-a", "create-b"]
    course.answer("create-b", CallResult.DONE)

    assert course.asked()[-1] == "create-c"


def test_a_retry_of_what_nobody_can_tell_is_at_the_same_operation_and_asks_first() -> None:
    course = PlanRun(a_call("a"))
    course.answer("create-a", CallResult.UNDECIDED)

    course.decide(FalloutAction.RETRY, "1/a")

    first, second = course.calls
    assert second.operation_id == first.operation_id
    assert second.id != first.id
    assert (first.doubtful, second.doubtful) == (False, True)


def test_a_retry_of_what_was_refused_is_at_a_new_operation() -> None:
    course = PlanRun(a_call("a", on_failure=NEEDS_PEOPLE))
    course.answer("create-a", CallResult.REFUSED, "busy")

    course.decide(FalloutAction.RETRY, "1/a")

    first, second = course.calls
    assert second.operation_id != first.operation_id
    assert not second.doubtful


def test_people_are_called_and_the_plan_goes_on_when_they_are_done() -> None:
    course = PlanRun(a_call("a", on_failure=NEEDS_PEOPLE))

    course.answer("create-a", CallResult.REFUSED, "busy")
    held = course.told[-1]
    course.decide(FalloutAction.RETRY, "1/a")

    assert isinstance(held, ServiceHeld)
    assert (held.step, held.code, held.reason) == ("1/a", "busy", "make the a: aaa refused")
    assert isinstance(course.told[-1], ServiceResumed)


def test_a_second_branch_in_fallout_is_not_told_again() -> None:
    course = PlanRun(a_call("a", on_failure=NEEDS_PEOPLE), a_call("b", on_failure=NEEDS_PEOPLE))

    course.answer("create-a", CallResult.REFUSED)
    course.answer("create-b", CallResult.REFUSED)
    course.decide(FalloutAction.SKIP, "1/a")

    assert [type(each) for each in course.told] == [ServiceHeld]


def test_a_skipped_step_lets_the_next_begin() -> None:
    course = PlanRun(a_call("a", on_failure=NEEDS_PEOPLE), a_call("b", "a"))
    course.answer("create-a", CallResult.REFUSED)

    course.decide(FalloutAction.SKIP, "1/a")

    assert course.asked()[-1] == "create-b"


def test_a_step_whose_failure_is_skipped_calls_nobody() -> None:
    course = PlanRun(a_call("a", on_failure=OnFailure.SKIP), a_call("b", "a"))

    course.answer("create-a", CallResult.FAILED)

    assert course.step("1/a") is StepState.SKIPPED
    assert course.asked()[-1] == "create-b"


def test_a_crew_that_came_back_is_followed_by_another_as_often_as_is_drawn() -> None:
    course = PlanRun(a_job("install", tries=2, on_failure=NEEDS_PEOPLE))
    course.handle(WorkOrderReturned("1/install", undo=False, round=1, reason="nobody at home"))
    assert len(course.decision.work_order_requests) == 1

    course.handle(WorkOrderReturned("1/install", undo=False, round=2, reason="nobody at home"))

    assert course.step("1/install") is StepState.FALLOUT
    held = course.told[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "returned"


def test_a_parameter_of_which_nothing_is_known_is_told_in_plain_words() -> None:
    step = a_call("a", element="$leg.element", on_failure=NEEDS_PEOPLE)

    course = PlanRun(step)

    held = course.told[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "parameter-missing"
    assert "$leg.element" in held.reason


def test_what_was_answered_for_an_earlier_round_changes_nothing() -> None:
    course = PlanRun(a_call("a", on_failure=NEEDS_PEOPLE))
    course.answer("create-a", CallResult.FAILED)
    first = course.calls[0]
    course.decide(FalloutAction.RETRY, "1/a")
    plan = course.decision.plan

    late = OutboundCallEnded(order_id=ORDER_ID, attempt_id=first.id, result=CallResult.DONE)

    assert advance(plan, late) == PlanDecision(plan)


REFUSAL = ResourcesRefused(order_id=ORDER_ID, code=RefusalCode.NONE_FREE, reason="no pair")
NEVER: list[PlanEvent] = [
    REFUSAL,
    ResourcesReleased(order_id=ORDER_ID),
    OutboundCallEnded(order_id=ORDER_ID, attempt_id=ORDER_ID, result=CallResult.DONE),
    PauseEnded(order_id=ORDER_ID, step="1/unheard-of"),
    WorkOrderReported("1/unheard-of", undo=False, round=1),
]


@pytest.mark.parametrize("event", NEVER)
def test_what_can_never_be_legal_raises(event: PlanEvent) -> None:
    course = PlanRun(a_call("a"))

    with pytest.raises(PoisonError):
        course.handle(event)


def test_an_order_refused_cannot_be_assigned_later() -> None:
    plan = advance(planned(a_blueprint()).plan, REFUSAL).plan

    with pytest.raises(PoisonError):
        advance(plan, ResourcesAssigned(order_id=ORDER_ID, items=()))


def test_only_what_is_in_fallout_can_be_decided() -> None:
    course = PlanRun(a_call("a"))

    with pytest.raises(ConflictError):
        course.decide(FalloutAction.SKIP, "1/a")
    with pytest.raises(NotFoundError):
        course.decide(FalloutAction.SKIP, "1/unheard-of")
