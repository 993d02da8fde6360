"""Drawing the plan of an order: the blueprints of its items, put together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint.blueprint import Blueprint, BlueprintStep, StepKind
from services.provisioning.domain.plan.plan import (
    ASSIGN,
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    StepState,
)
from services.provisioning.domain.plan.plan_change import PlanChange, PlanDecision
from services.provisioning.domain.plan.templates import fill_text
from shared.contracts import (
    Action,
    AssignmentRequested,
    Causation,
    Characteristic,
    HoldAction,
    ItemNeeds,
    Need,
    OrderAccepted,
    OrderedItem,
)

Blueprints: TypeAlias = Mapping[tuple[str, Action], Blueprint]
"""The newest blueprint of each specification and action."""

ExistingCharacteristics: TypeAlias = Mapping[UUID, tuple[Characteristic, ...]]
"""What was ordered when a service that is there was made: what would restore it."""

ItemBlueprints: TypeAlias = Sequence[tuple[PlanItem, Blueprint]]

ASSIGN_STEP = BlueprintStep(name=ASSIGN, kind=StepKind.ASSIGN, title="assign what the order needs")


def plan_order(
    order: OrderAccepted,
    blueprints: Blueprints,
    made: ExistingCharacteristics,
    cause: Causation,
    now: datetime,
) -> PlanDecision:
    """Draw the plan of an order, and begin it.

    An order for which a blueprint is missing fails at once: nothing was begun.
    """
    wanted = [item for item in order.items if item.action is not Action.NO_CHANGE]
    found = [(item, blueprints.get((item.specification, item.action))) for item in wanted]
    drawn = [(plan_item(item, each, made), each) for item, each in found if each]
    plan = Plan(
        order_id=order.order_id,
        tenant=cause.tenant,
        local_network=cause.local_network,
        client=order.client,
        customer_id=order.customer.id,
        priority=order.priority,
        state=PlanState.RUNNING,
        items=tuple(item for item, _ in drawn),
        steps=tuple(plan_steps(drawn)),
        failure=None,
        made_at=now,
    )
    plan_change = PlanChange(plan)
    if missing := [item for item, each in found if each is None]:
        plan_change.fail(no_blueprint(missing))
    elif drawn:
        plan_change.messages.append(assignment_request(order, drawn))
    else:
        plan_change.complete()
    return plan_change.to_decision()


def plan_item(item: OrderedItem, blueprint: Blueprint, made: ExistingCharacteristics) -> PlanItem:
    """Return what the plan is to know of an item: what is chosen now, or was when it was made."""
    return PlanItem(
        id=item.id,
        action=item.action,
        specification=item.specification,
        offering_id=item.offering_id,
        catalogue_version=item.catalogue_version,
        blueprint_version=blueprint.version,
        product_id=item.product_id,
        service_id=item.service_id,
        address_id=item.address_id,
        characteristics=merge_characteristics(item.characteristics, made.get(item.service_id, ())),
    )


def merge_characteristics(
    chosen: tuple[Characteristic, ...], before: tuple[Characteristic, ...]
) -> tuple[Characteristic, ...]:
    """Return what is chosen now, and of what was chosen before the rest."""
    names = {each.name for each in chosen}
    return (*chosen, *(each for each in before if each.name not in names))


def plan_steps(drawn: ItemBlueprints) -> Iterator[PlanStep]:
    """Yield the steps of a plan: one assigns for all items, each item's own come after it."""
    if drawn:
        yield PlanStep(blueprint=ASSIGN_STEP, state=StepState.RUNNING)
    position = 1
    for item, blueprint in drawn:
        own = blueprint.steps[1:]
        place = {blueprint.steps[0].name: 0}
        place |= {step.name: position + i for i, step in enumerate(own)}
        for step in own:
            after = tuple(place[name] for name in step.after)
            yield PlanStep(blueprint=step, item_id=item.id, after=after)
        position += len(own)


def assignment_request(order: OrderAccepted, drawn: ItemBlueprints) -> AssignmentRequested:
    """Return the request to hold all that the order needs."""
    ordered = {each.id: each for each in order.items}
    items = tuple(item_needs(item, blueprint, ordered[item.id]) for item, blueprint in drawn)
    return AssignmentRequested(order_id=order.order_id, client=order.client, items=items)


def item_needs(item: PlanItem, blueprint: Blueprint, ordered: OrderedItem) -> ItemNeeds:
    """Return what one item needs; a service that goes gives back all that it holds."""
    gives_back = item.action is Action.DELETE
    return ItemNeeds(
        item_id=item.id,
        service_id=item.service_id,
        action=HoldAction.PRE_RELEASE if gives_back else HoldAction.RESERVE,
        address_id=item.address_id,
        needs=() if gives_back else tuple(resource_needs(item, blueprint)),
        local_network=ordered.local_network,
        sold_in=ordered.sold_in,
    )


def resource_needs(item: PlanItem, blueprint: Blueprint) -> Iterator[Need]:
    """Yield the things that an item needs, with what the customer picked."""
    for each in blueprint.needs:
        picked, grade = fill_text(each.picked, item), fill_text(each.grade, item)
        yield Need(kind=each.kind, picked=picked, grade=grade)


def no_blueprint(missing: Iterable[OrderedItem]) -> PlanFailure:
    """Say that nobody has drawn how these items are carried out."""
    names = ", ".join(sorted({f"{item.specification}/{item.action}" for item in missing}))
    return PlanFailure(code="no-blueprint", reason=f"there is no blueprint for {names}")
