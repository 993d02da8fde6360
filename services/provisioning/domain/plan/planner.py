"""Planning: building the plan of an order from the blueprints of its items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

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
from services.provisioning.domain.plan.needs import first_step_needs, wrong_counts
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    step_ref,
)
from services.provisioning.domain.plan.repetition import repetitions, too_many_repetitions
from services.provisioning.domain.plan.templates import applies
from services.provisioning.domain.plan.waits import wrong_dates
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkingPlan
from shared.contracts import (
    Causation,
    Characteristic,
    Held,
    OrderAccepted,
    OrderedItem,
    business_action_name,
    business_action_of,
)
from shared.errors import PoisonError

Blueprints: TypeAlias = Mapping[tuple[str, str], Blueprint]
"""The newest blueprint of each specification and business action."""


class ExistingService(NamedTuple):
    """What a plan needs to know of an existing service."""

    characteristics: tuple[Characteristic, ...] = ()
    """Those with which it was ordered; they would restore it."""

    held: tuple[Held, ...] = ()


ExistingServices: TypeAlias = Mapping[UUID, ExistingService]
NOTHING = ExistingService()

ItemBlueprints: TypeAlias = Sequence[tuple[PlanItem, Blueprint]]

ASSIGN_STEP = BlueprintStep(name=ASSIGN, kind=StepKind.ASSIGN, title="assign what the order needs")


def existing_service_ids(order: OrderAccepted) -> list[UUID]:
    """Return the ids of the existing services that an order concerns.

    They are those that it changes or ends, and those on which its services rely.
    """
    own = {item.service_id for item in order.items}
    changed = [item.service_id for item in order.items if has_existing_service(item)]
    bases = {item.base_service_id for item in order.items if item.base_service_id}
    return [*changed, *sorted(bases - own)]


def plan_order(
    order: OrderAccepted,
    blueprints: Blueprints,
    existing: ExistingServices,
    cause: Causation,
    now: datetime,
) -> PlanUpdate:
    """Build the plan of an order, and start it.

    An order for which a blueprint is missing, which needs a number of resources or repetitions that
    cannot be, or which waits for what is no date, fails at once, before anything begins.

    Raises:
        PoisonError: if its services rely on each other in a circle.
    """
    items = [item for item in order.items if rule_of(item).effect is not ServiceEffect.KEEPS]
    found = [(item, find_blueprint(item, blueprints)) for item in items]
    planned = [
        (with_dates(with_base(plan_item(item, each, existing), item, existing), order), each)
        for item, each in found
        if each
    ]
    plan = Plan(
        order_id=order.order_id,
        tenant=cause.tenant,
        local_network=cause.local_network,
        client=order.client,
        customer_id=order.customer.id,
        priority=order.priority,
        state=PlanState.RUNNING,
        items=tuple(item for item, _ in planned),
        steps=with_positions(list(plan_steps(order, planned, existing))),
        failure=None,
        made_at=now,
    )
    working_plan = WorkingPlan(plan)
    if missing := [item for item, each in found if each is None]:
        working_plan.refuse(no_blueprint_failure(missing))
    elif reason := wrong_counts(planned) or too_many_repetitions(planned):
        working_plan.refuse(PlanFailure(code="bad-count", reason=reason))
    elif reason := wrong_dates(planned, now):
        working_plan.refuse(PlanFailure(code="bad-date", reason=reason))
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


def plan_item(item: OrderedItem, blueprint: Blueprint, existing: ExistingServices) -> PlanItem:
    """Return an item of the plan.

    An item that changes a service has all its characteristics after the order; one that ends a
    service also has those with which it was ordered.
    """
    before = existing.get(item.service_id, NOTHING).characteristics
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


def with_base(item: PlanItem, ordered: OrderedItem, existing: ExistingServices) -> PlanItem:
    """Return an item with the service on which its own relies, and what that one holds now."""
    if ordered.base_service_id is None:
        return item
    held = existing.get(ordered.base_service_id, NOTHING).held
    return msgspec.structs.replace(item, base_service_id=ordered.base_service_id, base_held=held)


def with_dates(item: PlanItem, order: OrderAccepted) -> PlanItem:
    """Return an item with the dates that the order requests, if it does."""
    if order.requested_start is None and order.requested_completion is None:
        return item
    return msgspec.structs.replace(
        item,
        requested_start=order.requested_start,
        requested_completion=order.requested_completion,
    )


def merge_characteristics(
    chosen: tuple[Characteristic, ...], before: tuple[Characteristic, ...]
) -> tuple[Characteristic, ...]:
    """Return the chosen characteristics, and the earlier ones that were not chosen again."""
    names = {each.name for each in chosen}
    return (*chosen, *(each for each in before if each.name not in names))


def plan_steps(
    order: OrderAccepted, planned: ItemBlueprints, existing: ExistingServices
) -> Iterator[PlanStep]:
    """Yield the steps of a plan: one assigns for all items, each item's own follow it.

    What follows a step that does not apply to its item follows that step's predecessors. The steps
    of a service follow those of the one on which it relies; when both end, they come before.
    """
    if planned:
        ordered = {each.id: each for each in order.items}
        needs = (
            first_step_needs(item, each.needs, ordered[item.id])
            for item, each in planned
            if not has_nothing_to_give_up(item, existing)
        )
        yield PlanStep(blueprint=ASSIGN_STEP, needs=tuple(needs))
    last_steps: dict[str, tuple[str, ...]] = {}
    for item, blueprint in in_dependency_order(planned):
        before = [ref for each in items_before(item, planned) for ref in last_steps[each.id]]
        steps = list(steps_of_item(item, blueprint, tuple(dict.fromkeys(before)) or (ASSIGN,)))
        followed = {ref for step in steps for ref in step.after}
        last = tuple(step.ref for step in steps if step.ref not in followed)
        last_steps[item.id] = last or tuple(before) or (ASSIGN,)
        yield from steps


def has_nothing_to_give_up(item: PlanItem, existing: ExistingServices) -> bool:
    """Tell whether a service ends that is known to hold nothing: nothing is requested for it."""
    service = existing.get(item.service_id)
    is_ending = rule_of(item).effect is ServiceEffect.ENDS
    return is_ending and service is not None and not service.held


def steps_of_item(
    item: PlanItem, blueprint: Blueprint, begin: tuple[str, ...]
) -> Iterator[PlanStep]:
    """Yield the steps of an item. Its first steps wait for the steps named in `begin`."""
    first, *own = blueprint.steps
    refs: dict[str, tuple[str, ...]] = {first.name: begin}
    for step in own:
        after = tuple(dict.fromkeys(ref for name in step.after for ref in refs[name]))
        each = repetitions(step, item) if applies(step, item) else ()
        refs[step.name] = tuple(step_ref(item.id, one.name) for one in each) or after
        for one in each:
            yield PlanStep(blueprint=one, item_id=item.id, after=after)


def items_before(item: PlanItem, planned: ItemBlueprints) -> list[PlanItem]:
    """Return the items whose steps come before those of an item.

    They are that of the service on which its own relies or, if its own ends, those that rely on it.
    """
    if rule_of(item).effect is ServiceEffect.ENDS:
        return [each for each, _ in planned if each.base_service_id == item.service_id]
    return [
        each
        for each, _ in planned
        if each.service_id == item.base_service_id
        and rule_of(each).effect is not ServiceEffect.ENDS
    ]


def in_dependency_order(planned: ItemBlueprints) -> ItemBlueprints:
    """Return items so that each stands behind those whose steps come before its own.

    Raises:
        PoisonError: if services rely on each other in a circle.
    """
    ordered: list[tuple[PlanItem, Blueprint]] = []
    waiting = list(planned)
    while waiting:
        placed = {item.id for item, _ in ordered}
        free = [
            each
            for each in waiting
            if {other.id for other in items_before(each[0], planned)} <= placed
        ]
        if not free:
            names = ", ".join(sorted(item.id for item, _ in waiting))
            msg = f"the services of items {names} rely on each other"
            raise PoisonError(msg)
        ordered += free
        waiting = [each for each in waiting if each not in free]
    return ordered


def no_blueprint_failure(missing: Iterable[OrderedItem]) -> PlanFailure:
    """Return the failure of an order whose items have no blueprint."""
    names = ", ".join(
        sorted({f"{item.specification}/{business_action_name(item)}" for item in missing})
    )
    return PlanFailure(code="no-blueprint", reason=f"there is no blueprint for {names}")
