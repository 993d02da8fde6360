"""A step is repeated for each value of a list: done, failed and undone each by itself."""

from typing import Any

import msgspec
import pytest

from services.provisioning.domain.advance import advance
from services.provisioning.domain.blueprint.blueprint import (
    BlueprintStep,
    PointOfNoReturn,
    StepCondition,
    StepKind,
)
from services.provisioning.domain.blueprint.validation import faults
from services.provisioning.domain.plan.plan import Plan, PlanState, StepState
from services.provisioning.domain.plan.repetition import MAX_REPETITIONS
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.calls.outbound_call import CallResult, OutboundCall, OutboundCallEnded
from shared.contracts import Characteristic, OrderAccepted
from tests.provisioning.builders import (
    ORDER_ID,
    a_blueprint,
    a_call,
    accepted,
    assigned,
    index,
    planned,
)

MEMBERS = "$characteristic.members"


def values(**named: str) -> tuple[Characteristic, ...]:
    """Return parameters."""
    return tuple(Characteristic(name=name, value=value) for name, value in named.items())


def for_each(name: str, *after: str, **changes: Any) -> BlueprintStep:
    """Return a step for each member."""
    usual = {"for_each": MEMBERS, "parameters": values(number="$each", of="$item.specification")}
    return msgspec.structs.replace(a_call(name, *after), **(usual | changes))


GROUP = a_blueprint(a_call("group"), for_each("member", "group"), a_call("end", "member"))


def an_order(members: str) -> OrderAccepted:
    """Return an order with members."""
    order = accepted()
    item = msgspec.structs.replace(order.items[0], characteristics=values(members=members))
    return msgspec.structs.replace(order, items=(item,))


def begun(members: str) -> PlanUpdate:
    """Return the update that begins the plan of a group."""
    plan = planned(GROUP, an_order(members)).plan
    return advance(plan, assigned(accepted(), index([GROUP])))


def answer(plan: Plan, call: OutboundCall, result: CallResult = CallResult.DONE) -> PlanUpdate:
    """Let an element answer a call."""
    ended = OutboundCallEnded(
        order_id=ORDER_ID,
        attempt_id=call.id,
        result=result,
        step=call.step,
        undo=call.undo,
        round=call.round,
    )
    return advance(plan, ended)


def parameters(call: OutboundCall) -> dict[str, Any]:
    """Return the parameters of a call."""
    return {each.name: each.value for each in call.parameters}


def test_each_value_has_a_step_of_its_own_and_what_follows_waits_for_all() -> None:
    update = begun("+861, +862,,+861")

    steps = {each.ref: each.after for each in update.plan.steps}
    assert steps == {
        "assign": (),
        "1/group": ("assign",),
        "1/member.1": ("1/group",),
        "1/member.2": ("1/group",),
        "1/end": ("1/member.1", "1/member.2"),
    }
    update = answer(update.plan, update.calls[0])
    assert [parameters(each) for each in update.calls] == [
        {"number": "+861", "of": "reference"},
        {"number": "+862", "of": "reference"},
    ]
    assert [each.title for each in update.plan.steps[2:4]] == [
        "make the member (1)",
        "make the member (2)",
    ]
    first, second = update.calls
    assert first.operation_id != second.operation_id
    update = answer(update.plan, first)
    assert update.calls == ()
    assert [each.step for each in answer(update.plan, second).calls] == ["1/end"]


def test_what_was_done_for_some_values_is_undone_when_another_fails() -> None:
    update = begun("+861,+862")
    first, second = (update := answer(update.plan, update.calls[0])).calls

    update = answer(update.plan, first)
    update = answer(update.plan, second, CallResult.REFUSED)

    (undo,) = update.calls
    assert (undo.step, undo.kind, undo.undo) == ("1/member.1", "delete-member", True)
    assert parameters(undo)["number"] == "+861"
    assert update.plan.state is PlanState.UNDOING


def test_without_values_the_plan_has_no_such_step() -> None:
    plan = begun(" , ").plan

    assert [each.ref for each in plan.steps] == ["assign", "1/group", "1/end"]
    end = plan.step("1/end")
    assert end
    assert (end.after, end.state) == (("1/group",), StepState.WAITING)


def test_an_order_with_too_many_values_fails_before_anything_begins() -> None:
    most = ",".join(map(str, range(MAX_REPETITIONS)))

    refused = planned(GROUP, an_order(f"{most},more")).plan

    assert planned(GROUP, an_order(most)).plan.state is PlanState.RUNNING
    assert refused.state is PlanState.FAILED
    assert refused.failure
    assert refused.failure.code == "bad-count"
    assert f"{MEMBERS} of item 1 has 101 values" in refused.failure.reason


def test_the_element_can_be_the_value() -> None:
    blueprint = a_blueprint(for_each("site", element="$each"))
    plan = planned(blueprint, an_order("pe-1,pe-2")).plan

    calls = advance(plan, assigned(accepted(), index([blueprint]))).calls

    assert [each.element for each in calls] == ["pe-1", "pe-2"]


IF_ANY = StepCondition(value="$characteristic.members|none", differs_from="none")
HARD = {"ponr": PointOfNoReturn.HARD}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ((for_each("a", when=(IF_ANY,)),), []),
        ((for_each("a", for_each="$number.value"),), [("/steps/1/for_each", "bad-reference")]),
        ((for_each("a", for_each=""),), [("/steps/1", "bad-reference")]),
        (
            (for_each("a", kind=StepKind.WAIT, wait_s=1, parameters=()),),
            [
                *((f"/steps/1/{name}", "not-allowed") for name in ("element", "operation", "undo")),
                ("/steps/1/nothing_to_undo", "not-allowed"),
                ("/steps/1/for_each", "not-allowed"),
            ],
        ),
        (
            (for_each("a", **HARD), a_call("b", "a", undo=False)),
            [("/steps/2/undo", "undo-missing")],
        ),
    ],
)
def test_a_repetition_that_cannot_be_planned_is_refused(
    steps: tuple[BlueprintStep, ...], found: list[tuple[str, str]]
) -> None:
    assert [(each.field, each.code) for each in faults(a_blueprint(*steps))] == found
