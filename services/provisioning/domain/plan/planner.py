"""Planning: building the plan of an order from the blueprints of its items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.blueprint.blueprint import (
    ASSIGN,
    Blueprint,
    BlueprintStep,
    StepKind,
)
from services.provisioning.domain.business_actions import (
    ServiceEffect,
    has_existing_service,
    rule_of,
)
from services.provisioning.domain.plan import execution
from services.provisioning.domain.plan.graph import with_positions
from services.provisioning.domain.plan.modes import ModeChange
from services.provisioning.domain.plan.needs import first_step_needs
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    step_ref,
)
from services.provisioning.domain.plan.templates import applies
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkingPlan
from shared.contracts import (
    Causation,
    Characteristic,
    OrderAccepted,
    OrderedItem,
    business_action_name,
    business_action_of,
)

Blueprints: TypeAlias = Mapping[tuple[str, str], Blueprint]
"""The newest blueprint of each specification and business action."""

ExistingCharacteristics: TypeAlias = Mapping[UUID, tuple[Characteristic, ...]]
"""The characteristics with which existing services were ordered; they would restore them."""

ItemBlueprints: TypeAlias = Sequence[tuple[PlanItem, Blueprint]]

ASSIGN_STEP = BlueprintStep(name=ASSIGN, kind=StepKind.ASSIGN, title="assign what the order needs")


def existing_service_ids(order: OrderAccepted) -> list[UUID]:
    """Return the ids of the existing services that an order changes or ends."""
    return [item.service_id for item in order.items if has_existing_service(item)]


def plan_order(
    order: OrderAccepted,
    blueprints: Blueprints,
    existing: ExistingCharacteristics,
    cause: Causation,
    now: datetime,
) -> PlanUpdate:
    """Build the plan of an order, and start it.

    An order for which a blueprint is missing fails at once, before anything begins.
    """
    items = [item for item in order.items if rule_of(item).effect is not ServiceEffect.KEEPS]
    found = [(item, find_blueprint(item, blueprints)) for item in items]
    planned = [(plan_item(item, each, existing), each) for item, each in found if each]
    plan = Plan(
        order_id=order.order_id,
        tenant=cause.tenant,
        local_network=cause.local_network,
        client=order.client,
        customer_id=order.customer.id,
        priority=order.priority,
        state=PlanState.RUNNING,
        items=tuple(item for item, _ in planned),
        steps=with_positions(list(plan_steps(order, planned))),
        failure=None,
        made_at=now,
    )
    working_plan = WorkingPlan(plan)
    if missing := [item for item, each in found if each is None]:
        working_plan.refuse(no_blueprint_failure(missing))
    elif planned:
        execution.start_ready_steps(working_plan)
    else:
        working_plan.change_mode(ModeChange.FINISH)
    return working_plan.to_plan_update()


def find_blueprint(item: OrderedItem, blueprints: Blueprints) -> Blueprint | None:
    """Return the blueprint of an item; None without one, or if it cannot be carried out.

    Earlier versions published blueprints for actions that cannot be carried out.
    """
    action = business_action_of(item)
    return blueprints.get((item.specification, action)) if rule_of(item).is_enabled else None


def plan_item(
    item: OrderedItem, blueprint: Blueprint, existing: ExistingCharacteristics
) -> PlanItem:
    """Return an item of the plan.

    An item that changes a service has all its characteristics after the order; one that ends a
    service also has those with which it was ordered.
    """
    before = existing.get(item.service_id, ())
    is_change = rule_of(item).effect is ServiceEffect.CHANGES
    return PlanItem(
        id=item.id,
        action=item.action,
        business_action=item.business_action,
        specification=item.specification,
        offering_id=item.offering_id,
        catalogue_version=item.catalogue_version,
        blueprint_version=blueprint.version,
        product_id=item.product_id,
        service_id=item.service_id,
        address_id=item.address_id,
        characteristics=item.characteristics
        if is_change
        else merge_characteristics(item.characteristics, before),
        before=before if is_change else (),
    )


def merge_characteristics(
    chosen: tuple[Characteristic, ...], before: tuple[Characteristic, ...]
) -> tuple[Characteristic, ...]:
    """Return the chosen characteristics, and the earlier ones that were not chosen again."""
    names = {each.name for each in chosen}
    return (*chosen, *(each for each in before if each.name not in names))


def plan_steps(order: OrderAccepted, planned: ItemBlueprints) -> Iterator[PlanStep]:
    """Yield the steps of a plan: one assigns for all items, each item's own follow it.

    What follows a step that does not apply to its item follows that step's predecessors.
    """
    if planned:
        ordered = {each.id: each for each in order.items}
        needs = (first_step_needs(item, each.needs, ordered[item.id]) for item, each in planned)
        yield PlanStep(blueprint=ASSIGN_STEP, needs=tuple(needs))
    for item, blueprint in planned:
        first, *own = blueprint.steps
        refs: dict[str, tuple[str, ...]] = {first.name: (ASSIGN,)}
        for step in own:
            after = tuple(dict.fromkeys(ref for name in step.after for ref in refs[name]))
            if applies(step, item):
                refs[step.name] = (step_ref(item.id, step.name),)
                yield PlanStep(blueprint=step, item_id=item.id, after=after)
            else:
                refs[step.name] = after


def no_blueprint_failure(missing: Iterable[OrderedItem]) -> PlanFailure:
    """Return the failure of an order whose items have no blueprint."""
    names = ", ".join(
        sorted({f"{item.specification}/{business_action_name(item)}" for item in missing})
    )
    return PlanFailure(code="no-blueprint", reason=f"there is no blueprint for {names}")
