"""A plan is taken over in its published state after a restore."""

from dataclasses import replace

import msgspec
import pytest

from services.provisioning.domain.blueprint.blueprint import (
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.takeover import plan_as_published
from services.provisioning.domain.plan.working_plan import completed_service
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    Held,
    ItemHoldings,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
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
    plan = run.update.plan
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

    found = plan_as_published(run.update.plan, failed)

    assert found.plan.state is PlanState.FAILED
    assert {step.state for step in found.plan.steps} == {StepState.UNDONE}
    assert found.plan.failure
    assert (found.plan.failure.code, found.plan.failure.step) == ("no-port", "1/b")
    assert found.messages == ()


def test_a_plan_that_had_requested_a_release_waits_for_it_and_then_fails(run: PlanRun) -> None:
    run.update = plan_as_published(run.update.plan, ReleaseRequested(order_id=ORDER_ID))
    assert run.state is PlanState.UNDOING

    run.handle(ResourcesAssigned(order_id=ORDER_ID, items=()))  # consumed again
    run.handle(ResourcesReleased(order_id=ORDER_ID))

    assert run.step("1/a") is StepState.UNDONE
    assert isinstance(run.published[-1], ServiceFailed)


def test_a_plan_that_has_ended_stays_as_it_is(run: PlanRun) -> None:
    failed = ServiceFailed(order_id=ORDER_ID, code="no-port", reason="no port", step="1/b")
    ended = plan_as_published(run.update.plan, failed).plan

    assert plan_as_published(ended, ReleaseRequested(order_id=ORDER_ID)).plan == ended


def test_a_plan_that_was_releasing_a_later_assignment_undoes_all_that_may_have_been_done() -> None:
    swap = BlueprintStep(
        name="swap",
        kind=StepKind.ASSIGN,
        needs=(BlueprintNeed(kind="number"),),
        after=("assign", "a"),
    )
    run = PlanRun(a_call("a"), swap, a_call("b", "swap"), a_call("c"))
    held = (HELD["number"],)
    requested = ReleaseRequested(order_id=ORDER_ID, request_id="1/swap", held=held)

    run.update = plan_as_published(run.update.plan, requested)
    states = [run.state]
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id="1/swap", held=held))
    run.answer("delete-a", CallResult.DONE)
    run.answer("delete-c", CallResult.DONE)

    last = run.published[-1]
    assert isinstance(last, ReleaseRequested)
    assert last.request_id == "assign"
    run.handle(ResourcesReleased(order_id=ORDER_ID))
    states.append(run.state)
    assert states == [PlanState.UNDOING, PlanState.FAILED]
    assert {call.kind for call in run.calls} >= {"delete-a", "delete-c"}


def test_a_release_in_part_of_a_revised_plan_is_made_again_with_its_revision(run: PlanRun) -> None:
    plan = replace(run.update.plan, revision=1)
    requested = ReleaseRequested(order_id=ORDER_ID, request_id="1/a@1")

    assert plan_as_published(plan, requested).plan == plan


def test_a_completed_plan_knows_what_its_services_have_given_up(run: PlanRun) -> None:
    plan = run.update.plan
    swapped = msgspec.structs.replace(
        plan.items[0], held=(HELD["pair"],), pre_released=(HELD["number"],)
    )
    published = ServiceCompleted(order_id=ORDER_ID, services=(completed_service(swapped),))

    item = plan_as_published(plan, published).plan.items[0]

    assert (item.held, item.pre_released) == ((HELD["pair"],), (HELD["number"],))


NEW = Held(kind="number", value="+862580000009")
MORE = BlueprintStep(
    name="more",
    kind=StepKind.ASSIGN,
    needs=(BlueprintNeed(kind="number"),),
    after=("assign",),
    on_failure=OnFailure.PEOPLE,
)


def refused(request_id: str) -> ResourcesRefused:
    code = RefusalCode.NONE_FREE
    return ResourcesRefused(order_id=ORDER_ID, request_id=request_id, code=code, reason="none")


def more_assigned(run: PlanRun) -> ResourcesAssigned:
    service_id = run.update.plan.items[0].service_id
    holdings = ItemHoldings(item_id="1", service_id=service_id, held=(NEW,))
    return ResourcesAssigned(order_id=ORDER_ID, items=(holdings,), request_id="1/more")


def test_a_step_in_fallout_takes_what_is_assigned_to_its_request_that_was_made_again() -> None:
    run = PlanRun(MORE)

    run.handle(refused("1/more"))
    assert run.step("1/more") is StepState.FALLOUT
    run.handle(more_assigned(run))

    assert run.state is PlanState.COMPLETED
    assert run.update.plan.items[0].held == (NEW, HELD["number"], HELD["pair"])
    assert not [each for each in run.published if isinstance(each, ReleaseRequested)]


@pytest.mark.parametrize("on_failure", [OnFailure.SKIP, OnFailure.ROLLBACK])
def test_what_was_refused_before_the_backup_is_not_released(on_failure: OnFailure) -> None:
    """Its release could have the message id of one that was published, and get no answer."""
    less = BlueprintStep(
        name="less",
        kind=StepKind.RELEASE,
        needs=(BlueprintNeed(kind="number"),),
        after=("assign",),
        on_failure=on_failure,
    )
    run = PlanRun(less, MORE)
    run.handle(refused("1/less"))
    before = run.step("1/less")
    requested = ReleaseRequested(order_id=ORDER_ID, request_id="1/more", held=(NEW,))

    run.update = plan_as_published(run.update.plan, requested)
    update = run.handle(more_assigned(run))

    assert (run.step("1/less"), update.messages) == (before, ())
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id="1/more", held=(NEW,)))
    run.handle(ResourcesReleased(order_id=ORDER_ID))
    assert run.state is PlanState.FAILED
