"""How a plan advances after steps that succeed or fail."""

import pytest

from services.provisioning.domain.advance import (
    PlanEvent,
    WorkOrderDone,
    WorkOrderReturned,
    advance,
)
from services.provisioning.domain.blueprint.blueprint import OnFailure
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.plan import StepState
from services.provisioning.domain.plan.working_plan import PlanUpdate
from services.provisioning.domain.scheduled_messages import StepTimerExpired
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
from tests.provisioning.builders import ORDER_ID, a_blueprint, a_call, a_work_order, planned
from tests.provisioning.plan_run import PlanRun

TO_FALLOUT = OnFailure.PEOPLE


def test_branches_run_side_by_side_and_what_needs_both_waits_for_both() -> None:
    run = PlanRun(a_call("a"), a_call("b"), a_call("c", "a", "b"))
    assert run.call_kinds() == ["create-a", "create-b"]

    run.answer("create-a", CallResult.DONE)
    assert run.call_kinds() == ["create-a", "create-b"]
    run.answer("create-b", CallResult.DONE)

    assert run.call_kinds()[-1] == "create-c"


def test_a_retry_after_an_unknown_outcome_has_the_same_operation_id_and_queries_first() -> None:
    run = PlanRun(a_call("a"))
    run.answer("create-a", CallResult.UNDECIDED)

    run.decide(FalloutAction.RETRY, "1/a")

    first, second = run.calls
    assert second.operation_id == first.operation_id
    assert second.id != first.id
    assert (first.doubtful, second.doubtful) == (False, True)


def test_a_retry_after_a_refusal_has_a_new_operation_id() -> None:
    run = PlanRun(a_call("a", on_failure=TO_FALLOUT))
    run.answer("create-a", CallResult.REFUSED, "busy")

    run.decide(FalloutAction.RETRY, "1/a")

    first, second = run.calls
    assert second.operation_id != first.operation_id
    assert not second.doubtful


def test_a_refusal_is_published_as_a_hold_and_a_retry_resumes_the_plan() -> None:
    run = PlanRun(a_call("a", on_failure=TO_FALLOUT))

    run.answer("create-a", CallResult.REFUSED, "busy")
    held = run.published[-1]
    run.decide(FalloutAction.RETRY, "1/a")

    assert isinstance(held, ServiceHeld)
    assert (held.step, held.code, held.reason) == ("1/a", "busy", "make the a: aaa refused")
    assert isinstance(run.published[-1], ServiceResumed)


def test_a_second_branch_in_fallout_is_not_published_again() -> None:
    run = PlanRun(a_call("a", on_failure=TO_FALLOUT), a_call("b", on_failure=TO_FALLOUT))

    run.answer("create-a", CallResult.REFUSED)
    run.answer("create-b", CallResult.REFUSED)
    run.decide(FalloutAction.SKIP, "1/a")

    assert [type(each) for each in run.published] == [ServiceHeld]


def test_a_skipped_step_lets_the_next_begin() -> None:
    run = PlanRun(a_call("a", on_failure=TO_FALLOUT), a_call("b", "a"))
    run.answer("create-a", CallResult.REFUSED)

    run.decide(FalloutAction.SKIP, "1/a")

    assert run.call_kinds()[-1] == "create-b"


def test_a_step_whose_failure_is_skipped_causes_no_fallout() -> None:
    run = PlanRun(a_call("a", on_failure=OnFailure.SKIP), a_call("b", "a"))

    run.answer("create-a", CallResult.FAILED)

    assert run.step("1/a") is StepState.SKIPPED
    assert run.call_kinds()[-1] == "create-b"


def test_a_returned_work_order_is_issued_again_as_often_as_the_blueprint_says() -> None:
    run = PlanRun(a_work_order("install", tries=2, on_failure=TO_FALLOUT))
    run.handle(WorkOrderReturned("1/install", undo=False, round=1, reason="nobody at home"))
    assert len(run.update.work_order_requests) == 1

    run.handle(WorkOrderReturned("1/install", undo=False, round=2, reason="nobody at home"))

    assert run.step("1/install") is StepState.FALLOUT
    held = run.published[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "returned"


def test_an_unknown_parameter_is_published_with_its_name() -> None:
    step = a_call("a", element="$leg.element", on_failure=TO_FALLOUT)

    run = PlanRun(step)

    held = run.published[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "parameter-missing"
    assert "$leg.element" in held.reason


def test_what_was_answered_for_an_earlier_round_changes_nothing() -> None:
    run = PlanRun(a_call("a", on_failure=TO_FALLOUT))
    run.answer("create-a", CallResult.FAILED)
    first = run.calls[0]
    run.decide(FalloutAction.RETRY, "1/a")
    plan = run.update.plan

    late = OutboundCallEnded(order_id=ORDER_ID, attempt_id=first.id, result=CallResult.DONE)

    assert advance(plan, late) == PlanUpdate(plan)


REFUSAL = ResourcesRefused(order_id=ORDER_ID, code=RefusalCode.NONE_FREE, reason="no pair")
NEVER: list[PlanEvent] = [
    REFUSAL,
    ResourcesReleased(order_id=ORDER_ID),
    OutboundCallEnded(order_id=ORDER_ID, attempt_id=ORDER_ID, result=CallResult.DONE),
    StepTimerExpired(order_id=ORDER_ID, step="1/unknown"),
    WorkOrderDone("1/unknown", undo=False, round=1),
]


@pytest.mark.parametrize("event", NEVER)
def test_what_can_never_be_legal_raises(event: PlanEvent) -> None:
    run = PlanRun(a_call("a"))

    with pytest.raises(PoisonError):
        run.handle(event)


def test_an_order_refused_cannot_be_assigned_later() -> None:
    plan = advance(planned(a_blueprint()).plan, REFUSAL).plan

    with pytest.raises(PoisonError):
        advance(plan, ResourcesAssigned(order_id=ORDER_ID, items=()))


def test_only_what_is_in_fallout_can_be_decided() -> None:
    run = PlanRun(a_call("a"))

    with pytest.raises(ConflictError):
        run.decide(FalloutAction.SKIP, "1/a")
    with pytest.raises(NotFoundError):
        run.decide(FalloutAction.SKIP, "1/unknown")
