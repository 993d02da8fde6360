"""Drawing the plan of an order: the blueprints of its items, put together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint import Blueprint, BlueprintStep, Kind
from services.provisioning.domain.filling import fill_text
from services.provisioning.domain.plan import (
    ASSIGN,
    Failure,
    Item,
    Plan,
    PlanState,
    Step,
    StepState,
)
from services.provisioning.domain.turn import Decision, Turn
from shared.contracts import (
    Action,
    AssignmentRequested,
    Cause,
    Characteristic,
    HoldAction,
    ItemNeeds,
    Need,
    OrderAccepted,
    OrderedItem,
)

Blueprints: TypeAlias = Mapping[tuple[str, Action], Blueprint]
"""The newest blueprint of each specification and action."""

Made: TypeAlias = Mapping[UUID, tuple[Characteristic, ...]]
"""What was ordered when a service that is there was made: what would restore it."""

Drawn: TypeAlias = Sequence[tuple[Item, Blueprint]]

ASSIGNS = BlueprintStep(name=ASSIGN, kind=Kind.ASSIGN, title="assign what the order needs")


def draft(
    order: OrderAccepted, blueprints: Blueprints, made: Made, cause: Cause, now: datetime
) -> Decision:
    """Draw the plan of an order, and begin it.

    An order for which a blueprint is missing fails at once: nothing was begun.
    """
    wanted = [item for item in order.items if item.action is not Action.NO_CHANGE]
    found = [(item, blueprints.get((item.specification, item.action))) for item in wanted]
    drawn = [(planned(item, each, made), each) for item, each in found if each]
    plan = Plan(
        order_id=order.order_id,
        tenant=cause.tenant,
        local_network=cause.local_network,
        client=order.client,
        customer_id=order.customer.id,
        priority=order.priority,
        state=PlanState.RUNNING,
        items=tuple(item for item, _ in drawn),
        steps=tuple(steps_of(drawn)),
        failure=None,
        made_at=now,
    )
    turn = Turn(plan)
    if missing := [item for item, each in found if each is None]:
        turn.fail(no_blueprint(missing))
    elif drawn:
        turn.tell.append(request(order, drawn))
    else:
        turn.complete()
    return turn.decide()


def planned(item: OrderedItem, blueprint: Blueprint, made: Made) -> Item:
    """Return what the plan is to know of an item: what is chosen now, or was when it was made."""
    return Item(
        id=item.id,
        action=item.action,
        specification=item.specification,
        offering_id=item.offering_id,
        catalogue_version=item.catalogue_version,
        blueprint_version=blueprint.version,
        product_id=item.product_id,
        service_id=item.service_id,
        address_id=item.address_id,
        characteristics=together(item.characteristics, made.get(item.service_id, ())),
    )


def together(
    chosen: tuple[Characteristic, ...], before: tuple[Characteristic, ...]
) -> tuple[Characteristic, ...]:
    """Return what is chosen now, and of what was chosen before the rest."""
    names = {each.name for each in chosen}
    return (*chosen, *(each for each in before if each.name not in names))


def steps_of(drawn: Drawn) -> Iterator[Step]:
    """Yield the steps of a plan: one assigns for all items, each item's own come after it."""
    if drawn:
        yield Step(blueprint=ASSIGNS, state=StepState.RUNNING)
    position = 1
    for item, blueprint in drawn:
        own = blueprint.steps[1:]
        place = {blueprint.steps[0].name: 0}
        place |= {step.name: position + i for i, step in enumerate(own)}
        for step in own:
            after = tuple(place[name] for name in step.after)
            yield Step(blueprint=step, item_id=item.id, after=after)
        position += len(own)


def request(order: OrderAccepted, drawn: Drawn) -> AssignmentRequested:
    """Return the request to hold all that the order needs."""
    ordered = {each.id: each for each in order.items}
    items = tuple(needs_of(item, blueprint, ordered[item.id]) for item, blueprint in drawn)
    return AssignmentRequested(order_id=order.order_id, client=order.client, items=items)


def needs_of(item: Item, blueprint: Blueprint, ordered: OrderedItem) -> ItemNeeds:
    """Return what one item needs; a service that goes gives back all that it holds."""
    gives_back = item.action is Action.DELETE
    return ItemNeeds(
        item_id=item.id,
        service_id=item.service_id,
        action=HoldAction.PRE_RELEASE if gives_back else HoldAction.RESERVE,
        address_id=item.address_id,
        needs=() if gives_back else tuple(needs(item, blueprint)),
        local_network=ordered.local_network,
        sold_in=ordered.sold_in,
    )


def needs(item: Item, blueprint: Blueprint) -> Iterator[Need]:
    """Yield the things that an item needs, with what the customer picked."""
    for each in blueprint.needs:
        picked, grade = fill_text(each.picked, item), fill_text(each.grade, item)
        yield Need(kind=each.kind, picked=picked, grade=grade)


def no_blueprint(missing: Iterable[OrderedItem]) -> Failure:
    """Say that nobody has drawn how these items are carried out."""
    names = ", ".join(sorted({f"{item.specification}/{item.action}" for item in missing}))
    return Failure(code="no-blueprint", reason=f"there is no blueprint for {names}")
