"""A plan is taken over in its published state after a restore."""

import pytest

from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.takeover import plan_as_published
from services.provisioning.domain.plan.working_plan import completed_service
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from tests.provisioning.builders import HELD, ORDER_ID, a_call, a_work_order
from tests.provisioning.plan_run import PlanRun


@pytest.fixture
def run() -> PlanRun:
    """A plan with one call done, and a work order and a call under way."""
    run = PlanRun(a_call("a"), a_work_order("crew"), a_call("b"))
    run.answer("create-a", CallResult.DONE)
    return run


def test_a_plan_that_was_published_as_completed_is_complete_and_does_nothing_more(
    run: PlanRun,
) -> None:
    plan = run.decision.plan
    services = [
        completed_service(item.with_holdings((HELD["number"],), "025")) for item in plan.items
    ]

    found = plan_as_published(plan, ServiceCompleted(order_id=ORDER_ID, services=tuple(services)))

    assert found.plan.state is PlanState.COMPLETED
    assert {step.state for step in found.plan.steps} == {StepState.DONE}
    assert found.plan.items[0].held == (HELD["number"],)
    assert (found.messages, found.calls, found.work_order_requests) == ((), (), ())
    assert len(found.voided) == 1


def test_a_plan_that_was_published_as_failed_leaves_nothing_behind(run: PlanRun) -> None:
    failed = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")

    found = plan_as_published(run.decision.plan, failed)

    assert found.plan.state is PlanState.FAILED
    assert {step.state for step in found.plan.steps} == {StepState.UNDONE}
    assert found.plan.failure
    assert (found.plan.failure.code, found.plan.failure.step) == ("no-port", "1/b")
    assert found.messages == ()


def test_a_plan_that_had_requested_a_release_waits_for_it_and_then_fails(run: PlanRun) -> None:
    run.decision = plan_as_published(run.decision.plan, ReleaseRequested(order_id=ORDER_ID))
    assert run.state is PlanState.UNDOING

    run.handle(ResourcesAssigned(order_id=ORDER_ID, items=()))  # consumed again
    run.handle(ResourcesReleased(order_id=ORDER_ID))

    assert run.step("1/a") is StepState.UNDONE
    assert isinstance(run.published[-1], ServiceFailed)


def test_a_plan_that_has_ended_stays_as_it_is(run: PlanRun) -> None:
    failed = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")
    ended = plan_as_published(run.decision.plan, failed).plan

    assert plan_as_published(ended, ReleaseRequested(order_id=ORDER_ID)).plan == ended
