"""Services that rely on others: the order of their steps, and what the base service holds."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.provisioning.domain.advance import advance
from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    StepCondition,
)
from services.provisioning.domain.blueprint.templates import Source, parse_reference
from services.provisioning.domain.blueprint.validation import faults
from services.provisioning.domain.plan.planner import ExistingService, plan_order
from services.provisioning.domain.plan.templates import fill, ranges_of
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.contracts import BusinessAction, Characteristic, Held, OrderedItem
from shared.errors import PoisonError
from tests.conftest import NOON
from tests.provisioning.builders import (
    HELD,
    a_blueprint,
    a_call,
    a_cause,
    accepted,
    an_item,
    assigned,
    for_action,
    index,
)

BASE, DEPENDENT = UUID(int=0xB1), UUID(int=0xB2)
LINE = msgspec.structs.replace(
    a_blueprint(a_call("account"), a_call("profile"), needs=("leg",)), specification="line"
)
ON_LEG = Characteristic(name="port", value="$base.leg.pon_port")
TELEVISION = msgspec.structs.replace(
    a_blueprint(
        msgspec.structs.replace(
            a_call("multicast", element="$base.leg.element"), parameters=(ON_LEG,)
        ),
        needs=(),
    ),
    specification="television",
)


def items(action: BusinessAction) -> list[OrderedItem]:
    """Return the items of a television and of the line on which it relies, in this order."""
    television = an_item("television", action, id_="1")
    line = an_item("line", action, id_="2")
    return [
        msgspec.structs.replace(television, service_id=DEPENDENT, base_service_id=BASE),
        msgspec.structs.replace(line, service_id=BASE),
    ]


def planned(
    action: BusinessAction,
    *ordered: OrderedItem,
    existing: dict[UUID, ExistingService] | None = None,
) -> PlanUpdate:
    blueprints = index([for_action(each, action) for each in (LINE, TELEVISION)])
    return plan_order(accepted(*ordered), blueprints, existing or {}, a_cause(), NOON)


def predecessors(update: PlanUpdate) -> dict[str, tuple[str, ...]]:
    return {step.ref: step.after for step in update.plan.steps if step.item_id}


def test_a_new_service_begins_when_its_base_is_ready() -> None:
    update = planned(BusinessAction.NEW, *items(BusinessAction.NEW))

    assert predecessors(update) == {
        "2/account": ("assign",),
        "2/profile": ("assign",),
        "1/multicast": ("2/account", "2/profile"),
    }


def test_a_base_ends_after_what_relies_on_it() -> None:
    update = planned(BusinessAction.DISCONNECT, *items(BusinessAction.DISCONNECT))

    assert predecessors(update) == {
        "1/multicast": ("assign",),
        "2/account": ("1/multicast",),
        "2/profile": ("1/multicast",),
    }


def test_a_step_uses_what_the_new_base_got() -> None:
    order = accepted(*items(BusinessAction.NEW))
    blueprints = index([LINE, TELEVISION])
    plan = plan_order(order, blueprints, {}, a_cause(), NOON).plan

    plan = advance(plan, assigned(order, blueprints)).plan

    assert plan.item("1").base_held == plan.item("2").held == (HELD["leg"],)


def test_a_step_uses_what_an_existing_base_holds() -> None:
    (television, _) = items(BusinessAction.NEW)
    update = planned(
        BusinessAction.NEW, television, existing={BASE: ExistingService(held=(HELD["leg"],))}
    )
    order = accepted(television)

    (call,) = advance(update.plan, assigned(order, index([TELEVISION]))).calls

    assert call.element == HELD["leg"].element
    assert call.parameters == (Characteristic(name="port", value="0/1/3"),)


def test_a_service_that_ends_and_holds_nothing_requests_nothing() -> None:
    existing = {
        DEPENDENT: ExistingService(),
        BASE: ExistingService(held=(HELD["leg"],)),
    }
    ordered = items(BusinessAction.DISCONNECT)
    (request,) = planned(BusinessAction.DISCONNECT, *ordered, existing=existing).messages

    assert [each.item_id for each in request.items] == ["2"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("template", "source"),
    [
        ("$base.leg.element", Source.HELD_BY_BASE),
        ("$base.before.leg.element", Source.GIVEN_UP_BY_BASE),
        ("$base.account-x.value|none", Source.HELD_BY_BASE),
    ],
)
def test_a_reference_to_the_base_names_a_kind(template: str, source: Source) -> None:
    found = parse_reference(template)

    assert found
    assert found.source is source
    assert parse_reference("$base.leg") is None


def planned_with(blueprint: Blueprint, **characteristics: Any) -> PlanUpdate:
    """Return the plan of a new service with these characteristics."""
    values = tuple(
        Characteristic(name=k, value=v) for k, v in characteristics.items() if v is not None
    )
    item = msgspec.structs.replace(an_item("line", BusinessAction.NEW), characteristics=values)
    return plan_order(accepted(item), index([blueprint]), {}, a_cause(), NOON)


def failure_code(blueprint: Blueprint, **characteristics: Any) -> str | None:
    """Return why the plan of a new service with these characteristics failed."""
    failure = planned_with(blueprint, **characteristics).plan.failure
    return failure.code if failure else None


def needs_of(blueprint: Blueprint, **characteristics: Any) -> list[str]:
    """Return the kinds that a new service with these characteristics requests."""
    (request,) = planned_with(blueprint, **characteristics).messages
    return [need.kind for each in request.items for need in each.needs]  # type: ignore[attr-defined]


def with_needs(*needs: BlueprintNeed, step: BlueprintStep | None = None) -> Blueprint:
    steps = (step,) if step else ()
    return msgspec.structs.replace(a_blueprint(*steps), specification="line", needs=needs)


def test_a_need_applies_on_its_condition() -> None:
    when = {
        kind: (StepCondition(value="$characteristic.version", one_of=(kind,)),)
        for kind in ("ipv4", "ipv6")
    }
    blueprint = with_needs(*(BlueprintNeed(kind=kind, when=each) for kind, each in when.items()))

    assert needs_of(blueprint, version="ipv6") == ["ipv6"]
    assert needs_of(blueprint, version="ipv4") == ["ipv4"]
    assert needs_of(blueprint) == []


def test_a_condition_compares_a_value_with_references() -> None:
    same = StepCondition(
        value="$characteristic.number|none", one_of=("$characteristic.other|none",)
    )
    blueprint = with_needs(BlueprintNeed(kind="number", when=(same,)))

    assert needs_of(blueprint, number="1", other="1") == needs_of(blueprint) == ["number"]
    assert needs_of(blueprint, number="1", other="2") == needs_of(blueprint, number="1") == []


def test_a_need_is_for_as_many_as_its_count_says() -> None:
    blueprint = with_needs(BlueprintNeed(kind="card", count="$characteristic.quantity"))

    assert needs_of(blueprint, quantity=3) == ["card"] * 3
    assert needs_of(blueprint, quantity=0) == []
    assert needs_of(with_needs(BlueprintNeed(kind="card", count="2"))) == ["card"] * 2


@pytest.mark.parametrize("quantity", ["many", "-1", 1001, 10**20, None])
def test_an_order_for_a_number_of_resources_that_cannot_be_fails(quantity: Any) -> None:
    counted = BlueprintNeed(kind="card", count="$characteristic.quantity")
    of_step = msgspec.structs.replace(a_call("more"), needs=(counted,))
    for blueprint in (with_needs(counted), with_needs(step=of_step)):
        assert failure_code(blueprint, quantity=quantity) == "bad-count"


def test_an_order_for_too_many_resources_in_all_fails() -> None:
    counted = BlueprintNeed(kind="card", count="$characteristic.quantity")

    assert failure_code(with_needs(*[counted] * 5), quantity=1000) is None
    assert failure_code(with_needs(*[counted] * 6), quantity=1000) == "bad-count"


def test_services_that_rely_on_each_other_have_no_plan() -> None:
    television, line = items(BusinessAction.NEW)
    line = msgspec.structs.replace(line, base_service_id=DEPENDENT)

    with pytest.raises(PoisonError, match="rely on each other"):
        planned(BusinessAction.NEW, television, line)


@pytest.mark.parametrize(
    ("values", "ranges"),
    [
        ([], ""),
        (["K09"], "K09"),
        (["K02", "K01", "K03", "K09"], "K01-K03,K09"),
        (["K09", "K10", "L11"], "K09-K10,L11"),
        (["K99", "K100"], "K100,K99"),
        (["A", "B"], "A,B"),
    ],
)
def test_values_are_told_as_ranges(values: list[str], ranges: str) -> None:
    assert ",".join(ranges_of(values)) == ranges


def test_a_step_names_all_resources_of_a_kind() -> None:
    held = [Held(kind=kind, value=value) for kind, value in (("card", "K1"), ("sim", "S"))]
    item = msgspec.structs.replace(
        planned(BusinessAction.NEW, an_item("line", BusinessAction.NEW)).plan.items[0],
        held=(*held, Held(kind="card", value="K2")),
    )

    assert fill("$card.ranges", item) == "K1-K2"


@pytest.mark.parametrize(
    ("need", "at"),
    [
        (BlueprintNeed(kind="card", count="many"), "/needs/0/count"),
        (BlueprintNeed(kind="card", count="$leg.value"), "/needs/0/count"),
        (BlueprintNeed(kind="card", count="2", picked="$characteristic.card"), "/needs/0/count"),
        (
            BlueprintNeed(kind="card", when=(StepCondition(value="$leg.value", one_of=(1,)),)),
            "/needs/0/when/0",
        ),
        (
            BlueprintNeed(kind="card", when=(StepCondition(value="$item.x", one_of=("$leg.x",)),)),
            "/needs/0/when/0",
        ),
    ],
)
def test_a_need_that_cannot_be_decided_is_refused(need: BlueprintNeed, at: str) -> None:
    assert at in [each.field for each in faults(with_needs(need))]
