"""Orders with simulated elements and the real runner, with all kinds of element faults."""

from uuid import uuid4

from services.provisioning.domain.plan.attempts import operation_id
from services.provisioning.domain.plan.plan import Plan, PlanState, StepState
from shared.contracts import (
    BusinessAction,
    OrderAccepted,
    ResourcesReleased,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)
from tests.kernel import dead_letter_rows, history, published, published_types
from tests.provisioning.builders import accepted, an_item, assigned, shipped
from tests.provisioning.conftest import RunningService, SimulatedNetwork

OLT = "NJ-XW-OLT01"


def is_completed(plan: Plan) -> bool:
    return plan.state is PlanState.COMPLETED


def is_failed(plan: Plan) -> bool:
    return plan.state is PlanState.FAILED


def is_held(plan: Plan) -> bool:
    return plan.is_in_fallout


def state_of(plan: Plan, ref: str) -> StepState:
    step = plan.step(ref)
    assert step
    return step.state


async def begin(stack: RunningService, *specifications: str) -> str:
    """Accept and assign an order for new services; return the first service's id."""
    named = enumerate(specifications or ("ftth",), start=1)
    items = [an_item(name, id_=str(n), made_by=stack.order_id) for n, name in named]
    await accept_and_assign(stack, accepted(*items, order_id=stack.order_id))
    return str(items[0].service_id)


async def accept_and_assign(stack: RunningService, order: OrderAccepted) -> None:
    await stack.handle(order, assigned(order, shipped()))


async def install(stack: RunningService) -> None:
    """Report the ONU installed once its work order is issued."""
    await stack.until(lambda plan: state_of(plan, "1/install") is StepState.RUNNING)
    await stack.report_all()


async def test_a_new_line_is_configured_installed_tested_and_published(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    service_id = await begin(stack)
    await install(stack)
    await stack.until(is_completed)

    assert (await network.active("aaa"))[service_id] == "create-account"
    assert (await network.active(OLT))[service_id] == "add-profile"
    assert published_types(stack.sessions)[-1] == "provisioning.service_completed.v1"
    assert dead_letter_rows(stack.sessions) == []


async def test_a_disconnection_leaves_nothing_on_the_elements(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    service_id = await begin(stack)
    await install(stack)
    await stack.until(is_completed)
    disconnected = an_item("ftth", BusinessAction.DISCONNECT, made_by=stack.order_id)
    second = uuid4()

    await accept_and_assign(stack, accepted(disconnected, order_id=second))
    await stack.until(lambda plan: state_of(plan, "1/recover") is StepState.RUNNING, second)
    await stack.report_all()
    await stack.until(is_completed, second)

    assert service_id not in await network.active("aaa")
    assert service_id not in await network.active(OLT)
    view = f"/tmf-api/serviceInventory/v4/service/{service_id}"
    assert (await stack.client.get(view)).json()["state"] == "terminated"


async def test_a_lost_answer_is_queried_and_nothing_is_done_twice(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    await network.set_faults(OLT, {"fault": "drop", "kind": "add-profile", "times": 1})

    await begin(stack)
    await install(stack)
    plan = await stack.until(is_completed)

    operation = operation_id(stack.order_id, plan.steps[2], undo=False)
    assert (await network.effects(OLT))[str(operation)] == 1
    calls = [part for kind, part, was, _ in history(stack.sessions) if (kind, was) == CALLED]
    assert f"{OLT}/add-profile/{operation}" in calls


CALLED = ("attempt", "called")


async def test_an_element_that_fails_for_a_while_is_called_again(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    await network.set_faults("aaa", {"fault": "error", "times": 2})

    await begin(stack)
    await install(stack)

    await stack.until(is_completed)


async def test_a_refusal_undoes_all_that_was_done_and_fails_the_order(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    await network.set_faults(OLT, {"fault": "refuse", "code": "no-such-port"})

    service_id = await begin(stack)
    await stack.until(lambda plan: state_of(plan, "assign") is StepState.UNDOING)
    await stack.handle(ResourcesReleased(order_id=stack.order_id))
    await stack.until(is_failed)

    assert service_id not in await network.active("aaa")
    failed = published(stack.sessions)[-1]
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.step) == ("no-such-port", "1/profile")
    assert OLT in failed.reason


async def test_an_unknown_outcome_goes_to_fallout_and_a_retry_repairs_it(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    blind = {"fault": "reject-connection", "on": ["ask"]}
    await network.set_faults("aaa", blind, {"fault": "drop", "times": 1})
    await begin(stack)
    await stack.until(is_held)
    (found,) = (await stack.client.get("/ops/v1/fallout")).json()
    assert (found["step"], found["state"]) == ("1/account", "open")
    assert found["actions"] == ["retry", "skip", "fail"]

    await network.set_faults("aaa")
    await stack.post(f"/ops/v1/fallout/{stack.order_id}/retry", reason="the element is back")
    await install(stack)
    plan = await stack.until(is_completed)

    operation = operation_id(stack.order_id, plan.steps[1], undo=False)
    assert (await network.effects("aaa"))[str(operation)] == 1
    (found,) = (await stack.client.get(f"/ops/v1/fallout/{stack.order_id}")).json()
    assert (found["state"], found["remark"]) == ("repaired", "the element is back")
    hold_messages = [each for each in published(stack.sessions) if isinstance(each, HOLD_MESSAGES)]
    assert [type(each) for each in hold_messages] == [ServiceHeld, ServiceResumed]


HOLD_MESSAGES = (ServiceHeld, ServiceResumed)


async def test_a_failed_line_test_is_repeated_after_a_retry(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    dark = {"fault": "refuse", "kind": "test-line", "code": "no-optical-signal"}
    await network.set_faults(OLT, dark)
    await begin(stack)
    await install(stack)
    plan = await stack.until(is_held)
    assert state_of(plan, "1/test") is StepState.FALLOUT

    await network.set_faults(OLT)
    await stack.post(f"/ops/v1/fallout/{stack.order_id}/retry")

    await stack.until(is_completed)


async def test_an_order_is_failed_in_fallout_and_a_work_order_recovers_the_onu(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    await network.set_faults(OLT, {"fault": "refuse", "kind": "test-line", "code": "no-light"})
    service_id = await begin(stack)
    await install(stack)
    await stack.until(is_held)

    await stack.post(f"/ops/v1/fallout/{stack.order_id}/fail", reason="the street is dug up")
    await stack.until(lambda plan: state_of(plan, "1/install") is StepState.UNDOING)
    (recovery,) = await stack.open_work_orders()
    await stack.report_all()
    await stack.until(lambda plan: state_of(plan, "assign") is StepState.UNDOING)
    await stack.handle(ResourcesReleased(order_id=stack.order_id))
    await stack.until(is_failed)

    assert (recovery["job"], recovery["undo"]) == ("recover-onu", True)
    assert service_id not in await network.active("aaa")
    assert service_id not in await network.active(OLT)


async def test_nothing_is_begun_on_an_element_in_maintenance(
    stack: RunningService, network: SimulatedNetwork
) -> None:
    path = "/ops/v1/elements/aaa/maintenance"
    answer = await stack.client.put(path, json={"reason": "new software"})
    assert answer.json()["in_maintenance"] is True

    service_id = await begin(stack)
    await stack.until(lambda plan: state_of(plan, "1/profile") is StepState.DONE)
    waiting = stack.plan()
    assert state_of(waiting, "1/account") is StepState.RUNNING
    assert service_id not in await network.active("aaa")

    await stack.client.delete(path)
    await install(stack)
    await stack.until(is_completed)


async def test_steps_of_a_bundle_go_side_by_side_and_end_together(stack: RunningService) -> None:
    await begin(stack, "ftth", "voice")
    await stack.until(lambda plan: state_of(plan, "1/install") is StepState.RUNNING)
    assert {each["job"] for each in await stack.open_work_orders()} == {"install-onu", "run-jumper"}
    await stack.report_all()
    await stack.until(is_completed)

    services = (await stack.client.get("/tmf-api/serviceInventory/v4/service")).json()
    assert {each["serviceType"] for each in services} == {"ftth", "voice"}
    assert {each["state"] for each in services} == {"active"}
