"""Orders, blueprints and plans for tests, with defaults that a test may override."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID, uuid5

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    INLINE,
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepKind,
)
from services.provisioning.domain.blueprint.reading import read_blueprints
from services.provisioning.domain.plan.planner import plan_order
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.contracts import (
    TMF_ACTIONS,
    BusinessAction,
    Causation,
    Characteristic,
    Customer,
    Held,
    ItemHoldings,
    OrderAccepted,
    OrderedItem,
    ResourcesAssigned,
)
from tests.conftest import NOON
from tests.kernel import TENANT

ORDER_ID = UUID("00000000-0000-0000-0000-0000000000a1")
OTHER_ID = UUID("00000000-0000-0000-0000-0000000000a2")
SHIPPED = Path("services/provisioning/data/blueprints.json")
FRAGMENTS = Path("services/provisioning/data/fragments.json")

HELD = {
    "leg": Held(
        kind="leg",
        value="NJ-XW-SP001/1",
        element="NJ-XW-OLT01",
        attributes=(
            Characteristic(name="pon_port", value="0/1/3"),
            Characteristic(name="splitter", value="NJ-XW-SP001"),
            Characteristic(name="leg", value=1),
            Characteristic(name="exchange", value="NJ-XW"),
        ),
    ),
    "vlan": Held(
        kind="vlan",
        value="101.117",
        attributes=(
            Characteristic(name="svlan", value=101),
            Characteristic(name="cvlan", value=117),
        ),
    ),
    "loid": Held(kind="loid", value="3201020001"),
    "number": Held(kind="number", value="+862580000000"),
    "pair": Held(
        kind="pair",
        value="NJ-XW-0001",
        pool="NJ-XW",
        attributes=(Characteristic(name="exchange", value="NJ-XW"),),
    ),
}


def shipped() -> dict[tuple[str, str], Blueprint]:
    return index(read_blueprints(SHIPPED.read_bytes(), FRAGMENTS.read_bytes()))


def index(blueprints: Iterable[Blueprint]) -> dict[tuple[str, str], Blueprint]:
    return {(each.specification, each.business_action): each for each in blueprints}


def a_cause(id_: UUID = ORDER_ID) -> Causation:
    return Causation(id_, id_, TENANT, "025")


def an_item(
    specification: str = "reference",
    action: BusinessAction = BusinessAction.NEW,
    id_: str = "1",
    made_by: UUID = ORDER_ID,
) -> OrderedItem:
    """Return an item about the product that an order has created, or creates."""
    return OrderedItem(
        id=id_,
        action=TMF_ACTIONS[action],
        business_action=action.value,
        offering_id=f"{specification}-offer",
        offering_name=specification,
        specification=specification,
        catalogue_version=3,
        product_id=uuid5(made_by, f"product/{id_}"),
        service_id=uuid5(made_by, f"service/{id_}"),
        address_id="addr-320102-002-0007",
        characteristics=(Characteristic(name="speedMbps", value=300),),
    )


def accepted(*items: OrderedItem, order_id: UUID = ORDER_ID, priority: int = 2) -> OrderAccepted:
    return OrderAccepted(
        order_id=order_id,
        client="crm",
        customer=Customer(id="C-1"),
        items=items or (an_item(),),
        priority=priority,
    )


def assigned(
    order: OrderAccepted, blueprints: dict[tuple[str, str], Blueprint]
) -> ResourcesAssigned:
    return ResourcesAssigned(
        order_id=order.order_id,
        items=tuple(
            ItemHoldings(
                item_id=item.id,
                service_id=item.service_id,
                held=tuple(
                    HELD.get(need.kind) or Held(kind=need.kind, value="1")
                    for need in blueprints[item.specification, item.business_action].needs
                ),
            )
            for item in order.items
        ),
    )


ASSIGN = BlueprintStep(name="assign", kind=StepKind.ASSIGN)


def a_call(
    name: str,
    *after: str,
    element: str = "aaa",
    undo: bool = True,
    on_failure: OnFailure = OnFailure.ROLLBACK,
    ponr: PointOfNoReturn | None = None,
) -> BlueprintStep:
    return BlueprintStep(
        name=name,
        kind=StepKind.ACTIVATE,
        title=f"make the {name}",
        after=after or ("assign",),
        element=element,
        operation=f"create-{name}",
        undo=f"delete-{name}" if undo else "",
        nothing_to_undo=(f"{name}-missing",) if undo else (),
        on_failure=on_failure,
        ponr=ponr,
    )


def a_work_order(
    name: str, *after: str, tries: int = 1, on_failure: OnFailure = OnFailure.ROLLBACK
) -> BlueprintStep:
    return BlueprintStep(
        name=name,
        kind=StepKind.WORK_ORDER,
        after=after or ("assign",),
        operation=f"do-{name}",
        undo=f"undo-{name}",
        skill="fibre",
        tries=tries,
        on_failure=on_failure,
    )


def a_blueprint(
    *steps: BlueprintStep, needs: Sequence[str] = ("number", "pair"), version: int = 1
) -> Blueprint:
    return Blueprint(
        specification="reference",
        business_action=BusinessAction.NEW,
        version=version,
        needs=tuple(BlueprintNeed(kind=kind) for kind in needs),
        steps=(ASSIGN, *(steps or (a_call("switch", element=INLINE),))),
    )


def for_action(blueprint: Blueprint, action: BusinessAction) -> Blueprint:
    """Return the blueprint for another action on the same specification."""
    return msgspec.structs.replace(blueprint, business_action=action.value, action=None)


def planned(blueprint: Blueprint, order: OrderAccepted | None = None) -> PlanUpdate:
    """Return a plan that waits for resources."""
    return plan_order(order or accepted(), index([blueprint]), {}, a_cause(), NOON)
