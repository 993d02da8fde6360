"""Plans that change a service: steps with conditions, values before the order, and the service."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.provisioning.domain.advance import advance
from services.provisioning.domain.blueprint.blueprint import Blueprint, BlueprintStep, StepCondition
from services.provisioning.domain.blueprint.validation import faults
from services.provisioning.domain.plan.plan import Plan, PlanState
from services.provisioning.domain.plan.planner import ExistingService, plan_order
from services.provisioning.domain.plan.working_plan import PlanUpdate
from services.provisioning.domain.service import (
    Service,
    ServiceState,
    check_follows,
    services_after,
)
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import (
    AssignmentRequested,
    BusinessAction,
    Characteristic,
    Held,
    HoldAction,
    ItemHoldings,
    NeedEffect,
    OrderAccepted,
    ResourcesAssigned,
)
from shared.errors import EarlyMessageError
from tests.conftest import NOON
from tests.provisioning.builders import (
    ASSIGN,
    HELD,
    ORDER_ID,
    OTHER_ID,
    a_blueprint,
    a_call,
    a_cause,
    accepted,
    an_item,
    assigned,
    for_action,
    index,
    planned,
    shipped,
)

ITEM = an_item(action=BusinessAction.CHANGE)
SPEED_CHANGED = StepCondition(value="$characteristic.speedMbps", differs_from="$before.speedMbps")
IS_FAST = StepCondition(value="$characteristic.speedMbps", one_of=(1000,))
BARRED = StepCondition(value="$characteristic.bar|none", differs_from="$before.bar|none")


def values(**named: Any) -> tuple[Characteristic, ...]:
    return tuple(Characteristic(name=name, value=value) for name, value in named.items())


def a_step(name: str, *after: str, **changes: Any) -> BlueprintStep:
    return msgspec.structs.replace(a_call(name, *after), **changes)


def a_change(blueprint: Blueprint, before: Any, **after: Any) -> PlanUpdate:
    """Return the plan of an order that changes the characteristics of a service."""
    item = msgspec.structs.replace(ITEM, characteristics=values(**after))
    existing = {item.service_id: ExistingService(values(**before))}
    blueprints = index([for_action(blueprint, BusinessAction.CHANGE)])
    return plan_order(accepted(item), blueprints, existing, a_cause(), NOON)


def step_refs(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the steps of a plan with their predecessors."""
    return {step.ref: step.after for step in plan.steps}


@pytest.mark.parametrize(
    ("condition", "before", "after", "applies"),
    [
        (SPEED_CHANGED, {"speedMbps": 300}, {"speedMbps": 1000}, True),
        (SPEED_CHANGED, {"speedMbps": 300}, {"speedMbps": 300}, False),
        (SPEED_CHANGED, {}, {"speedMbps": 300}, True),
        (IS_FAST, {"speedMbps": 300}, {"speedMbps": 1000}, True),
        (IS_FAST, {"speedMbps": 1000}, {"speedMbps": 300}, False),
        (BARRED, {}, {"bar": "none"}, False),
        (BARRED, {}, {"bar": "both"}, True),
        (BARRED, {"bar": "both"}, {}, True),
    ],
)
def test_a_step_whose_condition_does_not_hold_is_no_part_of_the_plan(
    condition: StepCondition, before: Any, after: Any, *, applies: bool
) -> None:
    blueprint = a_blueprint(a_step("a", when=(condition,)), a_call("b", "a"))

    plan = a_change(blueprint, before, **after).plan

    expected = {"assign": (), "1/a": ("assign",), "1/b": ("1/a",)}
    assert step_refs(plan) == (expected if applies else {"assign": (), "1/b": ("assign",)})


def test_what_follows_steps_that_do_not_apply_follows_their_predecessors() -> None:
    left_out = {"when": (IS_FAST,)}
    blueprint = a_blueprint(
        a_call("a"),
        a_step("b", "a", **left_out),
        a_step("c", "b", **left_out),
        a_call("d", "c", "a"),
    )

    plan = a_change(blueprint, {}, speedMbps=300).plan

    assert step_refs(plan) == {"assign": (), "1/a": ("assign",), "1/d": ("1/a",)}


def test_a_change_requests_to_keep_what_its_needs_name() -> None:
    (request,) = a_change(a_blueprint(a_call("a")), {}, speedMbps=300).messages

    assert isinstance(request, AssignmentRequested)
    (item,) = request.items
    assert (item.action, item.business_action) == (HoldAction.RESERVE, "change")
    assert [(need.kind, need.effect) for need in item.needs] == [("number", None), ("pair", None)]


def test_an_undo_restores_the_values_before_the_order() -> None:
    step = a_step(
        "a",
        operation="modify-a",
        undo="modify-a",
        parameters=values(speed="$characteristic.speedMbps"),
        undo_parameters=values(speed="$before.speedMbps|0"),
    )
    blueprint = a_blueprint(step, a_call("b", "a"))
    update = kept(a_change(blueprint, {"speedMbps": 300}, speedMbps=1000))
    (first,) = update.calls

    after_first = answered(update, CallResult.DONE)
    update = answered(after_first, CallResult.REFUSED)

    (undo,) = update.calls
    assert (first.kind, first.parameters) == ("modify-a", values(speed=1000))
    assert (undo.kind, undo.undo, undo.parameters) == ("modify-a", True, values(speed=300))


def kept(update: PlanUpdate) -> PlanUpdate:
    """Return the plan once resources has named what the service keeps."""
    holdings = ItemHoldings(
        item_id="1", service_id=ITEM.service_id, held=(), kept=(HELD["number"], HELD["pair"])
    )
    return advance(update.plan, ResourcesAssigned(order_id=ORDER_ID, items=(holdings,)))


def answered(update: PlanUpdate, result: CallResult) -> PlanUpdate:
    """Return the plan after its one call under way has ended."""
    return advance(update.plan, ended(update, result))


def ended(update: PlanUpdate, result: CallResult = CallResult.REFUSED) -> OutboundCallEnded:
    """Return the end of the one call that an update has requested."""
    (call,) = update.calls
    return OutboundCallEnded(
        order_id=ORDER_ID,
        attempt_id=call.id,
        result=result,
        code="busy",
        step=call.step,
        undo=call.undo,
        round=call.round,
    )


def a_service(**changes: Any) -> Service:
    """Return the service that an order of today has made."""
    update = planned(a_blueprint())
    plan = advance(update.plan, assigned(accepted(), index([a_blueprint()]))).plan
    (service,) = services_after(plan, {}, NOON)
    return replace(service, **changes)


@pytest.mark.parametrize(
    ("bar", "state"),
    [
        ("none", ServiceState.ACTIVE),
        ("outgoing", ServiceState.INACTIVE),
        ("both", ServiceState.INACTIVE),
    ],
)
def test_a_service_is_inactive_while_it_is_barred(bar: str, state: ServiceState) -> None:
    plan = kept(a_change(a_blueprint(), {}, bar=bar)).plan
    before = a_service()

    (service,) = services_after(plan, {before.id: before}, NOON)

    assert plan.state is PlanState.COMPLETED
    assert (service.state, service.held) == (state, (HELD["number"], HELD["pair"]))
    assert (service.started_at, service.client) == (before.started_at, before.client)


def test_an_order_waits_for_the_one_that_it_follows() -> None:
    """After a restore both may be consumed in any order."""
    service = a_service()
    item = msgspec.structs.replace(ITEM, follows=OTHER_ID)

    check_follows(accepted(msgspec.structs.replace(ITEM, follows=ORDER_ID)), {service.id: service})
    check_follows(accepted(ITEM), {service.id: service})
    with pytest.raises(EarlyMessageError, match=str(OTHER_ID)):
        check_follows(accepted(item), {service.id: service})


def test_the_elements_of_what_a_service_gives_up_no_longer_carry_it() -> None:
    old, new = (Held(kind="leg", value=each, element=each) for each in ("OLD", "NEW"))
    update = a_change(a_blueprint(a_call("a", element="$leg.element"), needs=("leg",)), {})
    holdings = ItemHoldings(
        item_id="1", service_id=ITEM.service_id, held=(new,), pre_released=(old,)
    )
    update = advance(update.plan, ResourcesAssigned(order_id=ORDER_ID, items=(holdings,)))
    plan = answered(update, CallResult.DONE).plan
    before = a_service(elements=("aaa", "OLD"))

    (service,) = services_after(plan, {before.id: before}, NOON)

    assert service.elements == ("aaa", "NEW")


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (StepCondition(value="$characteristic.a"), "bad-condition"),
        (
            StepCondition(value="$characteristic.a", differs_from="b", one_of=("c",)),
            "bad-condition",
        ),
        (StepCondition(value="$number.value", differs_from="b"), "bad-reference"),
        (StepCondition(value="$before.number.value", one_of=("b",)), "bad-reference"),
        (StepCondition(value="$characteristic.a", differs_from="$pair"), "bad-reference"),
    ],
)
def test_a_condition_is_on_what_is_known_when_the_plan_is_made(
    condition: StepCondition, code: str
) -> None:
    found = list(faults(a_blueprint(a_step("a", when=(condition,)))))

    assert [(fault.field, fault.code) for fault in found] == [("/steps/1/when/0", code)]


def test_the_first_step_has_no_condition_and_no_undo_its_parameters() -> None:
    first = msgspec.structs.replace(ASSIGN, when=(IS_FAST,))
    conditional = msgspec.structs.replace(a_blueprint(), steps=(first, a_call("a")))
    without_undo = a_blueprint(
        a_step("a", undo="", no_undo="-", nothing_to_undo=(), undo_parameters=values(b=1))
    )

    found = [fault.field for each in (conditional, without_undo) for fault in faults(each)]
    assert found == ["/steps/0/when", "/steps/1/undo_parameters"]


@pytest.mark.parametrize(
    ("after", "steps", "number"),
    [
        ({}, ["jumper", "test", "old-jumper"], "$number.value"),
        (
            {"number": "+862580001001"},
            ["jumper", "subscriber", "enum", "test", "old-line"],
            "$before.number.value",
        ),
    ],
)
def test_a_shipped_move_names_the_number_of_the_old_jumper(
    after: dict[str, str], steps: list[str], number: str
) -> None:
    blueprint = shipped()["voice", "move"]
    item = msgspec.structs.replace(
        an_item("voice", BusinessAction.MOVE), characteristics=values(**after)
    )
    existing = {item.service_id: ExistingService(values())}
    plan = plan_order(accepted(item), index([blueprint]), existing, a_cause(), NOON).plan

    own = [each for each in plan.steps if each.item_id]
    assert [each.blueprint.name for each in own] == steps
    assert [each.value for each in own[-1].blueprint.parameters] == [number, "$before.pair.value"]


def test_every_shipped_change_of_a_speed_calls_the_line_and_the_account() -> None:
    blueprint = shipped()["ftth", "change"]
    item = msgspec.structs.replace(
        an_item("ftth", BusinessAction.CHANGE), characteristics=values(speedMbps=1000)
    )
    order: OrderAccepted = accepted(item)
    existing = {item.service_id: ExistingService(values(speedMbps=300))}
    plan = plan_order(order, index([blueprint]), existing, a_cause(), NOON).plan

    assert list(step_refs(plan)) == ["assign", "1/profile", "1/account"]
    assert {need.effect for need in blueprint.needs} == {None}
    assert {each.effect for each in shipped()["ftth", "move"].needs} == {NeedEffect.SWAP}
